/** The value that readers use, and the pending one beside it where no reader of `latest` sees it. */
export type Room = "main" | "next";

export interface VersionRef {
  readonly room: Room;
  readonly number: number;
}

const pattern = /^(main|next)\/([1-9]\d{0,14})$/;

/** `main/3`, `next/7`: numbers alone would meet, each secret counts from 1. */
export function versionIdOf({ room, number }: VersionRef): string {
  return `${room}/${number}`;
}

/** Null: no version id of this driver. */
export function parseVersionId(versionId: string): VersionRef | null {
  const parts = pattern.exec(versionId);
  return parts === null ? null : { room: parts[1] === "main" ? "main" : "next", number: Number(parts[2]) };
}

/** The secret that a room is. */
export function secretIdOf(name: string, room: Room): string {
  return room === "main" ? name : `${name}-next`;
}

/** A destroyed version is disabled for a day, the shortest grace there is: a mistake can be taken back by hand. */
export const newValues = { destroyTtlSeconds: 86_400 } as const;
