/** What ends a comment, and what stands for it inside one. */
export const ends = { comment: "*/", inside: "*~~/" } as const;

/** Name and length, in bytes, of each module, in their order. */
export type PackedIndex = readonly (readonly [name: string, length: number])[];
