/** `v2.15.2-080b0220` → its numbers. A text that is none counts as newest: what it cannot do will show. */
export interface HarborVersion {
  atLeast(major: number, minor: number, patch?: number): boolean;
}

export function parseVersion(text: string): HarborVersion {
  const numbers = /^v?(\d+)\.(\d+)(?:\.(\d+))?/
    .exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  return {
    atLeast(...wanted) {
      if (numbers === undefined) return true;
      for (const [index, number] of wanted.entries()) {
        const own = numbers[index] ?? 0;
        if (own !== (number ?? 0)) return own > (number ?? 0);
      }
      return true;
    },
  };
}

/** Robots that make robots: with 2.12 (harbor.md §1.8). */
export const robotsMayMint = (version: HarborVersion): boolean => version.atLeast(2, 12);

/** 2.12.0 to 2.14.0 look the maker up in the place of the new robot (harbor.md §1.8). */
export const mintsOwnLevelOnly = (version: HarborVersion): boolean =>
  robotsMayMint(version) && !version.atLeast(2, 14, 1);

/** 2.12.0 alone compares scopes without `*` (harbor.md §1.8). */
export const ignoresWildcard = (version: HarborVersion): boolean =>
  version.atLeast(2, 12, 0) && !version.atLeast(2, 12, 1);

/** 2.5.2 and 2.5.3 answer 404 to a PUT of a robot with rights on all projects (harbor.md §9). */
export const putsNoWildcard = (version: HarborVersion): boolean =>
  version.atLeast(2, 5, 2) && !version.atLeast(2, 5, 4);

/** What a version cannot do that a rotation or its evidence would want, each with its name (harbor.md §9). */
export function limitsOf(version: HarborVersion): readonly string[] {
  const limits: string[] = [];
  if (!version.atLeast(2, 2))
    limits.push("Harbor before 2.2 has no robots with a secret of their own: nothing can be rotated");
  if (!robotsMayMint(version)) limits.push("up to 2.11 no robot can mint robots: the issuer must be a person");
  if (mintsOwnLevelOnly(version))
    limits.push("2.12.0 to 2.14.0: a system robot cannot mint project robots, a project robot only in its own project");
  if (ignoresWildcard(version)) limits.push("2.12.0: rights held on all projects (*) do not cover a named project");
  if (!version.atLeast(2, 13)) limits.push("up to 2.12 pulls are looked up in the old audit log");
  if (!version.atLeast(2, 10))
    limits.push("before 2.10 Harbor grants whatever is asked for: there is no list of rights to check against");
  return limits;
}
