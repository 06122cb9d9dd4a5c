/** Who a pod is to its cloud. */
export type WorkloadIdentity =
  /** ARN of an IAM role (IRSA). */
  | { readonly cloud: "aws"; readonly role: string }
  /** Client id of a user-assigned identity or an app registration. */
  | { readonly cloud: "azure"; readonly clientId: string }
  /** A service account's address. */
  | { readonly cloud: "gcp"; readonly email: string };

interface IdentityFields {
  /** Of the ServiceAccount. */
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** Of the pod. */
  readonly podLabels: Readonly<Record<string, string>>;
}

/** What each cloud's webhook or metadata server looks for (EKS, AKS and GKE, "workload identity"). */
export function identityFields(identity: WorkloadIdentity | null): IdentityFields {
  switch (identity?.cloud) {
    case undefined:
      return { annotations: undefined, podLabels: {} };
    case "aws":
      return { annotations: { "eks.amazonaws.com/role-arn": identity.role }, podLabels: {} };
    case "azure":
      return {
        annotations: { "azure.workload.identity/client-id": identity.clientId },
        podLabels: { "azure.workload.identity/use": "true" },
      };
    case "gcp":
      return { annotations: { "iam.gke.io/gcp-service-account": identity.email }, podLabels: {} };
  }
}

const shapes: Readonly<Record<WorkloadIdentity["cloud"], { readonly pattern: RegExp; readonly example: string }>> = {
  aws: {
    pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
    example: "arn:aws:iam::123456789012:role/capstan",
  },
  azure: { pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, example: "a client id (GUID)" },
  gcp: {
    pattern: /^[a-z0-9-]{6,30}@[a-z0-9.-]+\.gserviceaccount\.com$/,
    example: "name@project.iam.gserviceaccount.com",
  },
};

/** Throws a `TypeError` with the form that this cloud has. */
export function identityOf(cloud: string, text: string): WorkloadIdentity {
  if (cloud !== "aws" && cloud !== "azure" && cloud !== "gcp")
    throw new TypeError("is for agents of sites of kind aws, azure and gcp");
  const { pattern, example } = shapes[cloud];
  if (!pattern.test(text)) throw new TypeError(`takes ${example} for a site of kind ${cloud}`);
  if (cloud === "aws") return { cloud, role: text };
  return cloud === "azure" ? { cloud, clientId: text } : { cloud, email: text };
}
