import { AwsRefusal } from "./replies.ts";

/** The JSON document of a request. */
export type Input = Readonly<Record<string, unknown>>;

const invalid = (message: string): AwsRefusal => new AwsRefusal("InvalidParameterException", message);

/** Throws `SerializationException` for anything but a JSON object. */
export function parseInput(body: Buffer): Input {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as Input;
  } catch {
    // Answered below, like any other document that is none.
  }
  throw new AwsRefusal("SerializationException", "Could not parse request body");
}

export function optionalText(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new AwsRefusal("SerializationException", `${name} is not a string`);
  return value;
}

export function requiredText(input: Input, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined || value === "") throw invalid(`You must provide a value for the ${name} parameter.`);
  return value;
}

/** A version id given by the client: 32 to 64 characters (API reference, `ClientRequestToken`). */
export function requiredToken(input: Input): string {
  const token = optionalText(input, "ClientRequestToken");
  if (token === undefined) throw invalid("You must provide a ClientRequestToken value.");
  if (token.length < 32 || token.length > 64) throw invalid("ClientRequestToken must be 32-64 characters long.");
  return token;
}

/** Undefined where absent; 1 to 20 labels of 1 to 256 characters otherwise. */
export function optionalLabels(input: Input): readonly string[] | undefined {
  const value = input["VersionStages"];
  if (value === undefined || value === null) return undefined;
  const good =
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= 20 &&
    value.every((label) => typeof label === "string" && label.length >= 1 && label.length <= 256);
  if (!good) throw invalid("VersionStages must hold 1 to 20 labels of 1 to 256 characters.");
  return [...new Set(value as string[])];
}
