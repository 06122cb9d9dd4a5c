import type { SiteConfig } from "../../core/config/complete.ts";
import type { AwsAccess } from "../../core/drivers/http/aws-client.ts";
import type { Surroundings } from "./surroundings.ts";

export type SiteOf<Kind extends SiteConfig["kind"]> = Extract<SiteConfig, { kind: Kind }>;

/** Keys as a site of AWS names them; nothing where it names none: the SDK asks its own chain. */
export async function ownAwsLogin(
  site: SiteOf<"aws"> | null,
  around: Surroundings,
): Promise<Pick<AwsAccess, "credentials">> {
  const given = site?.credentials;
  if (given === undefined) return {};
  const { accessKeyId, secretAccessKey, sessionToken } = given;
  return {
    credentials: {
      accessKeyId: (await around.resolve(accessKeyId)).reveal(),
      secretAccessKey: await around.resolve(secretAccessKey),
      ...(sessionToken === undefined ? {} : { sessionToken: await around.resolve(sessionToken) }),
    },
  };
}

/** Address and authority, where configuration names them. */
export function reachOf(from: { readonly endpoint?: string | undefined; readonly caFile?: string | undefined }): {
  endpoint?: string;
  caFile?: string;
} {
  return {
    ...(from.endpoint === undefined ? {} : { endpoint: from.endpoint }),
    ...(from.caFile === undefined ? {} : { caFile: from.caFile }),
  };
}
