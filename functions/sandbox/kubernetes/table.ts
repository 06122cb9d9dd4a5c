import { isObject, type KubeObject, type ResourceInfo } from "./objects.ts";
import { StatusFailure } from "./status.ts";

const column = (name: string, format = "") => ({ name, type: "string", format, description: "", priority: 0 });
const columns = [column("Name", "name"), column("Type"), column("Data"), column("Age")];

/** Secrets as kubectl prints them. Left out: other kinds (406), and what the API's documentation says of a column. */
export function tableOf(info: ResourceInfo, metadata: object, items: readonly KubeObject[], nowMs: number): object {
  if (info.resource !== "secrets") {
    const message = "the sandbox prints tables of Secrets only";
    throw new StatusFailure(406, "NotAcceptable", message, {});
  }
  const rows = items.map((item) => ({
    cells: [
      item.metadata.name,
      item["type"],
      isObject(item["data"]) ? Object.keys(item["data"]).length : 0,
      age(nowMs - Date.parse(item.metadata.creationTimestamp)),
    ],
    object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: item.metadata },
  }));
  return { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions: columns, rows };
}

/** Coarser the older it is. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
