import { configurationProperties } from "./inputs/configuration.ts";
import { contentProperties } from "./inputs/contents.ts";
import { eventProperties } from "./inputs/events.ts";
import { kubeconfigProperty } from "./inputs/kubeconfigs.ts";
import type { FuzzProperty } from "./property.ts";
import { openAws } from "./worlds/aws.ts";
import { openAzure } from "./worlds/azure.ts";
import { openGcp } from "./worlds/gcp.ts";
import { openHarbor } from "./worlds/harbor.ts";
import { openAzureIdentity, openGcpIdentity } from "./worlds/identities.ts";
import { openKubernetes } from "./worlds/kubernetes.ts";
import { localProperty } from "./worlds/local.ts";
import { corruptLedgersProperty, ticksProperty } from "./worlds/ticks.ts";
import { portProperty } from "./worlds/world.ts";

/** All that is fuzzed, cheap ones first. */
export const properties: readonly FuzzProperty[] = [
  ...configurationProperties,
  ...eventProperties,
  ...contentProperties,
  kubeconfigProperty,
  localProperty,
  portProperty("replies of Harbor", openHarbor),
  portProperty("replies of Kubernetes", openKubernetes),
  portProperty("replies of AWS", openAws),
  portProperty("replies of Azure", openAzure),
  portProperty("replies of Google Cloud", openGcp),
  portProperty("replies of the Azure identity endpoint", openAzureIdentity, "that end"),
  portProperty("replies of the Google metadata server", openGcpIdentity, "that end", 0.05),
  ticksProperty,
  corruptLedgersProperty,
];
