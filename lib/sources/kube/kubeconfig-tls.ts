// sources/kube/kubeconfig-tls.ts: are a kubeconfig's certificates and keys readable and what they say they are?
// Asked once at the start, so that a wrong path is an error with a name and not a failed handshake every 30 s.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import type { FieldPath, NamedEntry, Refuse } from './kubeconfig-entry.js';

interface Material {
  readonly pem: Buffer;
  readonly at: FieldPath;
}

/** Calls `refuse` at the first thing that can't work. */
export async function checkTlsMaterial(
  cluster: NamedEntry,
  user: NamedEntry,
  folder: string,
  refuse: Refuse,
): Promise<void> {
  const ca = await readMaterial(cluster, 'certificate-authority', folder, refuse);
  const cert = await readMaterial(user, 'client-certificate', folder, refuse);
  const key = await readMaterial(user, 'client-key', folder, refuse);
  if (ca !== undefined) checkCertificate(ca, refuse);
  if (cert !== undefined) checkCertificate(cert, refuse);
  if (cert !== undefined && key === undefined) refuse(user.at, 'has a client-certificate and no client-key');
  if (cert === undefined && key !== undefined) refuse(user.at, 'has a client-key and no client-certificate');
  if (cert === undefined || key === undefined) return;
  try {
    createSecureContext({ cert: cert.pem, key: key.pem });
  } catch (error) {
    refuse(key.at, `does not go with the client certificate: ${messageOf(error)}`, error);
  }
}

/** `NAME` is a file and `NAME-data` base64; the file wins, as in client-node. */
async function readMaterial(
  entry: NamedEntry,
  name: string,
  folder: string,
  refuse: Refuse,
): Promise<Material | undefined> {
  const file = entry.fields[name];
  const data = entry.fields[`${name}-data`];
  if (typeof file === 'string' && file !== '') {
    const at = [...entry.at, name];
    try {
      return { pem: await readFile(path.resolve(folder, file)), at };
    } catch (error) {
      return refuse(at, `can't be read: ${messageOf(error)}`, error);
    }
  }
  if (typeof data !== 'string' || data === '') return undefined;
  return { pem: Buffer.from(data, 'base64'), at: [...entry.at, `${name}-data`] };
}

function checkCertificate({ pem, at }: Material, refuse: Refuse): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    refuse(at, `is no PEM certificate: ${messageOf(error)}`, error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
