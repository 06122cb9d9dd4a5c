/** Where `subject.ts` put what it built. */
export function binariesFolder(): string {
  const folder = process.env["CAPSTAN_CONFORMANCE_BINARIES"];
  if (folder === undefined) throw new Error("run this as: npm run test:conformance -- kubernetes");
  return folder;
}
