// dataplane/linux/self-test.ts: whether this machine's kernel and C library mean the same as abi/ does: every struct goes
// through the kernel once, on loopback and within this process. Takes a few milliseconds; decides whether `auto` may
// choose this data plane.
import { arch, platform } from 'node:process';
import { type Layouts, layouts as ownLayouts } from '../native/abi/layouts.js';
import { testDatagrams, testScopeId } from './self-test/datagrams.js';
import { ipv4, ipv6 } from './self-test/families.js';
import { Scratch } from './self-test/scratch.js';
import { testErrno, testEventfd, testLinger, testStreams } from './self-test/streams.js';

/**
 * Throws an error that says what does not fit. Leaves no descriptor open.
 * @param layouts of this data plane; a test passes wrong ones, to see that each is found
 */
export function selfTest(layouts: Layouts = ownLayouts): void {
  if (platform !== 'linux') throw new Error(`not Linux but ${platform}`);
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`its structs are not known for ${arch}`);
  const scratch = new Scratch();
  try {
    testErrno();
    testStreams(layouts, scratch);
    testEventfd(scratch);
    testLinger(layouts, scratch);
    testDatagrams(ipv4(layouts), layouts, scratch);
    testDatagrams(ipv6(layouts), layouts, scratch);
    testScopeId(layouts, scratch);
  } finally {
    scratch.close();
  }
}
