/** Variables in which the subjects tell the tests where they put what they built. */
export const folderOf = { kubernetes: "CAPSTAN_CONFORMANCE_KUBERNETES", puller: "CAPSTAN_CONFORMANCE_PULLER" } as const;

export function binariesFolder(subject: keyof typeof folderOf): string {
  const folder = process.env[folderOf[subject]];
  if (folder === undefined) throw new Error(`run this as: npm run test:conformance -- ${subject}`);
  return folder;
}
