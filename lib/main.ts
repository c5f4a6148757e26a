#!/usr/bin/env node
// main.ts: the program's entry: from a command line to one of the programs in compose/, and from its end to an exit
// status. 0: done; 1: it failed and said why; 2: the command line was not understood.
import { parseCommandLine, reloadedOptions } from './cli/commands.js';
import { readCommandContext } from './cli/context.js';
import type { Invocation } from './cli/options.js';
import { formatVersion, readVersion } from './cli/version.js';

const argv = process.argv.slice(2);
const context = readCommandContext();

/** Programs are loaded when they are asked for: `version` and a typing error need none of them. */
async function execute(invocation: Invocation): Promise<number> {
  switch (invocation.command) {
    case 'run':
      return (await import('./compose/run.js')).run(invocation.options, (text) =>
        reloadedOptions(argv, context, text),
      );
    case 'demo':
      return (await import('./compose/demo.js')).demo(invocation.options);
    case 'cleanup':
      return (await import('./compose/cleanup.js')).cleanup(invocation.options);
    case 'init':
      return (await import('./compose/init.js')).init(invocation.options);
    case 'write-config':
      return (await import('./compose/write-config.js')).writeConfigTo(invocation.options);
    case 'explain':
      return (await import('./compose/explain.js')).explain(invocation.options);
    case 'status':
      return (await import('./compose/status.js')).status(invocation.options);
    case 'top':
      return (await import('./compose/top.js')).top(invocation.options);
    case 'version':
      process.stdout.write(`${formatVersion(readVersion())}\n`);
      return 0;
    case 'help':
      process.stdout.write(`${invocation.text}\n`);
      return 0;
    case 'usage-error':
      process.stderr.write(`${invocation.message}\n`);
      return 2;
    case 'config-error':
      process.stderr.write(`${invocation.message}\n`);
      return 1;
  }
}

process.exitCode = await execute(parseCommandLine(argv, context));
