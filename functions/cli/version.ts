import manifest from "../../package.json" with { type: "json" };

/** As package.json says; the bundler puts it into the file. */
export const version: string = manifest.version;
