import * as z from "zod";

const mend = "write https://host[:port]; plain http is for loopback addresses (127.0.0.1, [::1], localhost) only";

/** Why this is no endpoint of ours, or null. The value is never part of the answer. */
function refusal(value: string, pathAllowed: boolean): string | null {
  if (!URL.canParse(value)) return "is not a URL";
  const url = new URL(value);
  if (url.username !== "" || url.password !== "") return "carries a login inside the URL";
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(value)) return "has a query or a fragment";
  if (!pathAllowed && url.pathname !== "/") return "has a path";
  if (url.protocol === "https:") return null;
  if (url.protocol !== "http:") return "is neither https nor http";
  return isLoopbackHost(url.hostname) ? null : "is plain http to another machine";
}

/** As `core/drivers/http` decides it: 127.0.0.0/8, ::1, localhost. */
function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** Base address of an outside system, kept without a trailing slash. */
export function endpoint(description: string, options: { readonly pathAllowed: boolean } = { pathAllowed: false }) {
  return z
    .string()
    .max(2_000)
    .meta({ description, pattern: "^https?://" })
    .transform((value, context) => {
      const why = refusal(value, options.pathAllowed);
      if (why === null) return value.replace(/\/+$/, "");
      context.addIssue({ code: "custom", message: why, params: { mend } });
      return z.NEVER;
    });
}
