import { PortError } from "../ports/errors.ts";
import type { Problem } from "../protocol/home-state.ts";
import { credentialOf, sitesOf } from "./settings.ts";
import type { Tools } from "./tools.ts";

/** What the stores have to say of this credential's name; one that cannot be asked is told of elsewhere. */
export async function storeProblems(tools: Tools, name: string): Promise<readonly Problem[]> {
  const credential = credentialOf(tools.config, name);
  const asked = sitesOf(credential).map(async (site): Promise<readonly Problem[]> => {
    try {
      const notices = (await tools.storeNotices[site]?.notices(credential.storeName)) ?? [];
      return notices.map((text) => ({ code: "store-notice", text: `site ${site}: ${text}`, blocks: false }));
    } catch (error) {
      if (error instanceof PortError) return [];
      throw error;
    }
  });
  return (await Promise.all(asked)).flat();
}
