// A descriptor has one owner, and is closed by that one, once.
import t from 'tap';
import { createOwnerTable, Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { check } from '../../../lib/dataplane/native/system-error.js';
import { openDescriptors } from '../conformance/waiting.js';

const open = (): number => check(sys.eventfd(0, 0), 'eventfd', 'of a test');

t.test('the check finds a second close, a stranger and a number that is owned already', async (t) => {
  const table = createOwnerTable();
  const [mine, other] = [new Descriptors(1, table), new Descriptors(2, table)];
  const fd = mine.adopt(open());
  t.throws(() => other.close(fd), /can not be closed by owner 2: it belongs to owner 1/);
  t.throws(() => other.adopt(fd), /can not be adopted by owner 2: it belongs to owner 1/);
  mine.release(fd);
  t.throws(() => mine.close(fd), /belongs to nobody/);
  other.adopt(fd);
  other.close(fd);
  t.throws(() => other.close(fd), /belongs to nobody/);
});

t.test(
  'without a table a second close is an error all the same, while nobody else has the number',
  async (t) => {
    const before = openDescriptors();
    const descriptors = new Descriptors(1, undefined);
    const fd = descriptors.adopt(open());
    descriptors.close(fd);
    t.equal(openDescriptors(), before);
    t.throws(() => descriptors.close(fd), { code: 'EBADF', syscall: 'close' });
  },
);
