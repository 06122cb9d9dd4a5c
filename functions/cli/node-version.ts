const least = [22, 19] as const;

/** What to say when this Node is too old; null when it will do. */
export function refuseOldNode(nodeVersion: string): string | null {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  if (major > least[0] || (major === least[0] && minor >= least[1])) return null;
  return `capstan needs Node ${least.join(".")} or newer, this is ${nodeVersion}: install one; in a checkout run \`npm ci\` without --ignore-scripts, which brings one, then \`npm run capstan\``;
}
