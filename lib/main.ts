#!/usr/bin/env node
// main.ts: the program's entry: from a command line to one of the programs in compose/, and from its end to an exit
// status. 0: done; 1: it failed and said why; 2: the command line was not understood.
import { parseCommandLine } from './cli/commands.js';
import { readCommandContext } from './cli/context.js';
import type { Invocation } from './cli/options.js';
import { formatVersion, readVersion } from './cli/version.js';

/** Programs are loaded when they are asked for: `version` and a typing error need none of them. */
async function execute(invocation: Invocation): Promise<number> {
  switch (invocation.command) {
    case 'run':
      return (await import('./compose/run.js')).run(invocation.options);
    case 'demo':
      return (await import('./compose/demo.js')).demo(invocation.options);
    case 'cleanup':
      return (await import('./compose/cleanup.js')).cleanup(invocation.options);
    case 'version':
      process.stdout.write(`${formatVersion(readVersion())}\n`);
      return 0;
    case 'help':
      process.stdout.write(`${invocation.text}\n`);
      return 0;
    case 'usage-error':
      process.stderr.write(`${invocation.message}\n`);
      return 2;
  }
}

process.exitCode = await execute(parseCommandLine(process.argv.slice(2), readCommandContext()));
