// test/support/api-kubeconfig.ts: kubeconfig files for api-server.ts, and the test-only certificates.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

const folder = path.resolve('test/support/fixtures/tls');

/** `ca`, `other-ca`, `server`, `client`: PEM from test/support/fixtures/tls. */
export function tlsFile(name: 'ca' | 'other-ca' | 'server' | 'server-key' | 'client' | 'client-key'): string {
  return path.join(folder, `${name}.pem`);
}

export function tlsPem(name: Parameters<typeof tlsFile>[0]): Buffer {
  return readFileSync(tlsFile(name));
}

export interface KubeconfigWish {
  readonly auth: 'none' | 'token' | 'token-file' | 'cert' | 'cert-data' | 'exec';
  /** For `token`. */
  readonly token?: string;
  /** For `token-file`. */
  readonly tokenFile?: string;
  /** For `exec`: a program and its arguments. */
  readonly exec?: { readonly command: string; readonly args?: readonly string[] };
  /** Who signed the server's certificate, as far as the client knows. @default ca */
  readonly ca?: 'ca' | 'other-ca';
}

/** Writes `dir/kubeconfig` and resolves with its path. JSON is YAML. */
export async function writeKubeconfigFor(server: string, dir: string, wish: KubeconfigWish): Promise<string> {
  const file = path.join(dir, 'kubeconfig');
  const secure = server.startsWith('https:');
  const cluster = { server, ...(secure && { 'certificate-authority': tlsFile(wish.ca ?? 'ca') }) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test-cluster', cluster }],
    contexts: [{ name: 'test', context: { cluster: 'test-cluster', user: 'test-user' } }],
    users: [{ name: 'test-user', user: userFor(wish) }],
  };
  await writeFile(file, JSON.stringify(config, undefined, 2));
  return file;
}

function userFor(wish: KubeconfigWish): object {
  switch (wish.auth) {
    case 'none':
      return {};
    case 'token':
      return { token: wish.token };
    case 'token-file':
      return { tokenFile: wish.tokenFile };
    case 'cert':
      return { 'client-certificate': tlsFile('client'), 'client-key': tlsFile('client-key') };
    case 'cert-data':
      return {
        'client-certificate-data': tlsPem('client').toString('base64'),
        'client-key-data': tlsPem('client-key').toString('base64'),
      };
    case 'exec':
      return {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: wish.exec?.command,
          args: wish.exec?.args ?? [],
          interactiveMode: 'Never',
        },
      };
  }
}
