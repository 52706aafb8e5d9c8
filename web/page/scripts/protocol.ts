/** The messages between the page and the worker that runs test scripts. */

import type { BuiltinUrls } from "../protocol.ts";

/** A script to be run. */
export interface ScriptRun {
  name: string;
  text: string;
  /** Only cases whose title has this in it. */
  filter?: string;
  /** Snapshots are written where values are not as they say. */
  update: boolean;
  /** What snapshots say, by their paths. */
  snapshots: Record<string, Uint8Array>;
}

/** Line and column, from 1; 0 where it is not known. */
export type Place = [line: number, column: number];

/** Why a case failed. */
export interface CaseFailure {
  what: string;
  place: Place;
  detail: string[];
  lastRun: string[];
  /** The functions that were called on the way, the innermost first, and where. */
  calls: { name: string; place: Place }[];
}

/** A case that has ended. */
export interface CaseEnded {
  name: string;
  printed: string[];
  seconds: number;
  failure?: CaseFailure;
}

/** A script that has ended. */
export interface ScriptEnded {
  cases: number;
  leftOut: number;
  /** What its own code has printed, outside of cases. */
  printed: string[];
  /** The snapshots that were written. */
  written: Record<string, Uint8Array>;
}

export type ToScripts = { type: "run"; files: BuiltinUrls; archive?: Uint8Array; run: ScriptRun };

export type FromScripts =
  | { type: "case"; case: CaseEnded }
  | { type: "ended"; ended: ScriptEnded }
  /** Nothing can be run any more. */
  | { type: "broken"; reason: string };
