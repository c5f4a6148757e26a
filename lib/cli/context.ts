// cli/context.ts: reads from this process what a command line's meaning depends on.
import { existsSync, readFileSync } from 'node:fs';
import type { CommandContext } from './options.js';

/** Where the kubelet puts it; client-go's rest.InClusterConfig looks there and at KUBERNETES_SERVICE_HOST. */
export const serviceAccountTokenPath = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** For a program that logs to stderr. */
export function readCommandContext(): CommandContext {
  return {
    env: process.env,
    // Absent, not false, where stderr is a pipe.
    isTerminal: process.stderr.isTTY === true,
    hasServiceAccountToken: existsSync(serviceAccountTokenPath),
    readConfigFile: (path) => readFileSync(path, 'utf8'),
  };
}
