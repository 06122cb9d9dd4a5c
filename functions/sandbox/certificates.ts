import { generate } from "selfsigned";

export interface Authority {
  readonly caPem: string;
  /** Certificate and key for 127.0.0.1 and localhost, signed by this authority. */
  leaf(commonName: string): Promise<{ readonly cert: string; readonly key: string }>;
}

/** A throw-away certificate authority, so that clients verify TLS as they would in production. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const ca = await generate([{ name: "commonName", value: commonName }], {
    keyType: "ec",
    // selfsigned signs with SHA-1 unless told otherwise, and Node 24 refuses such a chain.
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    caPem: ca.cert,
    async leaf(name) {
      const pair = await generate([{ name: "commonName", value: name }], {
        keyType: "ec",
        algorithm: "sha256",
        ca: { key: ca.private, cert: ca.cert },
        extensions: [
          {
            name: "subjectAltName",
            altNames: [
              { type: 2, value: "localhost" },
              { type: 7, ip: "127.0.0.1" },
            ],
          },
        ],
      });
      return { cert: pair.cert, key: pair.private };
    },
  };
}
