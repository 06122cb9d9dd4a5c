export interface WebhookTarget {
  readonly type: string;
  readonly address: string;
  readonly auth_header?: string;
  readonly skip_cert_verify?: boolean;
  readonly payload_format?: string;
}

export interface WebhookPolicyRow {
  readonly id: number;
  readonly projectId: number;
  readonly name: string;
  readonly enabled: boolean;
  readonly eventTypes: readonly string[];
  readonly targets: readonly WebhookTarget[];
  readonly createdAtMs: number;
}
