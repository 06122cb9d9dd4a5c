import { expect, test } from "vitest";
import { effectId, type HomeEffect } from "../../../core/protocol/effects.ts";
import { generation, ledgerId, ledgerWith, roundId } from "./ledgers.ts";

const { robot } = generation(3);

/** A reply is kept under its effect's name: two effects of one tick that are not the same must not share one. */
test.each<[HomeEffect, string]>([
  [{ type: "list-robots" }, "list-robots"],
  [{ type: "read-store", site: "aws" }, "read-store:aws"],
  [{ type: "read-store", site: "aws", before: 33 }, "read-store:aws:33"],
  [{ type: "load-site", site: "aws" }, "load-site:aws"],
  [{ type: "load-site", site: "aws", before: 33 }, "load-site:aws:33"],
  [{ type: "load-ledger" }, "load-ledger"],
  [{ type: "load-ledger", before: 33 }, "load-ledger:33"],
  [{ type: "save", ledger: ledgerWith(), expected: null, why: "begun" }, "save"],
  [{ type: "mint", generation: 3, attempt: "dada", ledgerId }, "mint:dada"],
  [{ type: "stage", attempt: "dada", ledgerId, epoch: 3, generation: 3, robot, fromVersionId: null }, "stage:dada"],
  [{ type: "read-version", versionId: "v3" }, "read-version:v3"],
  [{ type: "prove", versionId: "v3", purpose: "next" }, "prove:next:v3"],
  [{ type: "prove", versionId: "v3", purpose: "last" }, "prove:last:v3"],
  [{ type: "flip", site: "aws", versionId: "v3", epoch: 3, replaces: "v2" }, "flip:aws:3"],
  [{ type: "read-round", site: "aws" }, "read-round:aws"],
  [{ type: "write-round", site: "aws", round: roundId }, `write-round:aws:${roundId}`],
  [{ type: "ask-usage", username: "robot$x", sinceMs: 1 }, "ask-usage:robot$x"],
  [{ type: "whoami" }, "whoami"],
  [{ type: "read-robot", id: 7 }, "read-robot:7"],
  [{ type: "read-robot", id: 7, renewed: true }, "read-robot:7:renewed"],
  [{ type: "renew", id: 7, username: "robot$x", generation: 3, attempt: "dada", ledgerId, lifeDays: 31 }, "renew:7"],
  [{ type: "refresh", id: 7, versionId: "v3" }, "refresh:7:v3"],
  [{ type: "refresh", id: 7, versionId: null }, "refresh:7:thrown away"],
  [{ type: "remove-robot", id: 7 }, "remove-robot:7"],
  [{ type: "list-versions", site: "aws" }, "list-versions:aws"],
  [{ type: "discard", site: "aws", versionIds: ["v1", "v2"] }, "discard:aws:v1,v2"],
])("%o is %s", (effect, id) => {
  expect(effectId(effect)).toBe(id);
});
