import { isFixed, isRefreshedOver } from "./fixed.ts";
import type { HomeLedger } from "./state.ts";

/** What no ledger may ever be, and no save may ever do. Checked before every save; empty: fine. */
export function brokenInvariants(before: HomeLedger | null, after: HomeLedger): readonly string[] {
  const broken: string[] = [];
  const check = (holds: boolean, text: string) => {
    if (!holds) broken.push(text);
  };
  const { current, next, replaced } = after;
  const promoted = [...(current === null ? [] : [current]), ...replaced];
  check(
    new Set(promoted.map((generation) => generation.generation)).size === promoted.length,
    "a generation stands twice",
  );
  const alive = [...(current === null ? [] : [current]), ...replaced.filter((record) => !isRefreshedOver(record))];
  check(new Set(alive.map((generation) => generation.robot.id)).size === alive.length, "a robot stands twice");
  const nothingCurrent = after.epoch === 0 || after.rebuiltAtMs !== null;
  check(
    current === null ? nothingCurrent : current.epoch === after.epoch,
    "the current generation's epoch is not the ledger's",
  );
  // The robot of the next generation is never one in use, but for a roll back, which writes to none.
  const writesTo = next !== null && next.state !== "minting" && !next.rollBack && isFixed(next.madeOf);
  // By name: a robot that was taken from us and made anew has another id.
  const nextRobot = writesTo ? next.robot.username : null;
  check(
    next?.madeOf.strategy === "in-place" || promoted.every((generation) => generation.robot.username !== nextRobot),
    "a robot in use is to be refreshed",
  );
  check(
    replaced.every(
      (record) =>
        record.thrownAwayAt === undefined ||
        isRefreshedOver(record) ||
        (record.state === "retiring" && isFixed(record.madeOf)),
    ),
    "a secret thrown away before its generation retires",
  );
  check(
    replaced.every((record) => record.epoch < after.epoch),
    "a replaced generation is at the current epoch",
  );
  check(
    replaced.every(
      (record) => (record.drainFrom === null) === (record.state === "held") || record.state === "retiring",
    ),
    "a drain without a beginning",
  );
  check(
    promoted.every((generation) => generation.generation <= after.promotedMax),
    "promoted above the highest promoted",
  );
  check(after.promotedMax <= after.generationMax, "promoted above the highest named");
  if (next !== null) {
    const older = replaced.some((record) => record.generation === next.generation);
    check(next.rollBack === older, next.rollBack ? "a roll back to nothing" : "a next that was promoted before");
    check(next.generation <= after.generationMax, "a next that was never named");
  }
  check(current === null || current.versionIds.length > 0, "a current generation whose value is nowhere");
  const isRebuilt = before !== null && after.rebuiltAtMs !== before.rebuiltAtMs;
  if (isRebuilt) {
    check(before.ledgerId === after.ledgerId && after.epoch > before.epoch, "a rebuild that falls back");
    check(current === null && next === null, "a rebuild that hands out what it found");
    check(
      replaced.every((record) => record.state === "held"),
      "a rebuild that retires what it found",
    );
  }
  if (before !== null && !isRebuilt) {
    check(before.ledgerId === after.ledgerId && before.credential === after.credential, "another ledger");
    check(after.epoch === before.epoch || after.epoch === before.epoch + 1, "the epoch jumps");
    check(after.generationMax >= before.generationMax, "the highest generation falls");
    check(
      after.epoch > before.epoch || before.current?.generation === current?.generation,
      "current changes without an epoch",
    );
    if (after.epoch > before.epoch)
      check(
        before.next?.state === "proven" && before.next.generation === current?.generation,
        "promoted without proof",
      );
    const gone = before.replaced.filter((record) => !replaced.some((other) => other.generation === record.generation));
    check(
      gone.every(
        (record) =>
          record.state === "retiring" ||
          record.generation === current?.generation ||
          record.robot.username === nextRobot,
      ),
      "a record vanished before it was retiring",
    );
    const returned = replaced.filter(
      (record) =>
        record.state !== "retiring" &&
        before.replaced.some((other) => other.generation === record.generation && other.state === "retiring"),
    );
    check(returned.length === 0, "a retiring generation came back");
  }
  return broken;
}
