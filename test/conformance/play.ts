// test/conformance/play.ts: plays the entries of the registry that one file holds: a shared cluster, a scene for each,
// and a test named after the upstream test. An entry that the file should hold and doesn't, or the other way round, fails.
import type { Test } from 'tap';
import { type Cluster, type ClusterOptions, createCluster, serveOnEveryPod } from '../support/cluster.js';
import { type Scene, sceneOf } from '../support/cluster-scene.js';
import { registry } from './registry.js';

export type Play = (t: Test, scene: Scene) => Promise<void>;

export interface PlayOptions extends ClusterOptions {
  /** How many scenes at once. @default 4 */
  readonly jobs?: number;
}

/** @param file as the registry names it: `conformance/cluster-ip` */
export async function playAll(
  t: Test,
  file: string,
  plays: Readonly<Record<string, Play>>,
  options: PlayOptions = {},
): Promise<void> {
  const held = registry.filter((entry) => entry.status === 'held' && entry.file === file);
  t.same(
    Object.keys(plays).sort(),
    held.map(({ id }) => id).sort(),
    'what the registry says is held here is what is played here',
  );
  const cluster = await createCluster(t, options);
  await serveOnEveryPod(cluster);
  await playScenes(
    t,
    cluster,
    held.map(({ id, title }) => [`${id}: ${title}`, plays[id] ?? missing]),
    options.jobs,
  );
}

/** Scenes of a cluster that is there, `jobs` at once, each with a corner of its own. */
export async function playScenes(
  t: Test,
  cluster: Cluster,
  scenes: readonly (readonly [name: string, play: Play])[],
  jobs = 4,
): Promise<void> {
  await t.test('scenes', async (t) => {
    t.jobs = jobs;
    scenes.forEach(([name, play], at) => {
      t.test(name, { buffered: true }, (t) => play(t, sceneOf(cluster, at + 1)));
    });
  });
}

const missing: Play = async () => {
  throw new Error('the registry says that this file plays it');
};
