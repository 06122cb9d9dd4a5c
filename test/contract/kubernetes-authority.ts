import { generate } from "selfsigned";

/** Certificates for an API server on loopback, signed with SHA-256 by an authority of their own. */
export async function kubernetesCertificates(): Promise<{
  readonly caPem: string;
  readonly tls: { readonly cert: string; readonly key: string };
}> {
  const shared = { keyType: "ec", algorithm: "sha256" } as const;
  const ca = await generate([{ name: "commonName", value: "kubernetes-ca" }], {
    ...shared,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: "commonName", value: "kubernetes" }], {
    ...shared,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "kubernetes.example" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { caPem: ca.cert, tls: { cert: leaf.cert, key: leaf.private } };
}
