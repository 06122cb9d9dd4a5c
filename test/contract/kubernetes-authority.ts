import { createAuthority } from "../../functions/sandbox/certificates.ts";

/** Certificates for an API server on loopback, and the authority that signed them. */
export async function kubernetesCertificates(): Promise<{
  readonly caPem: string;
  readonly tls: { readonly cert: string; readonly key: string };
}> {
  const authority = await createAuthority("kubernetes-ca");
  return { caPem: authority.caPem, tls: await authority.leaf("kubernetes") };
}
