// The two formats of the log, its levels, and errors with their causes.
import { PassThrough } from 'node:stream';
import t from 'tap';
import { createLogger, levelOf } from '../../lib/cli/logging.js';

function collect(format: 'json' | 'text', verbosity = 0) {
  const stream = new PassThrough();
  const log = createLogger({ format, verbosity, stream });
  return { log, text: () => String(stream.read() ?? '') };
}

t.test('-v chooses the level: 0-1 info, 2-4 debug, 5 and up trace', async (t) => {
  const levels = [0, 1, 2, 3, 4, 5, 6, 10].map(levelOf);
  t.same(levels, ['info', 'info', 'debug', 'debug', 'debug', 'trace', 'trace', 'trace']);
  const { log, text } = collect('json', 2);
  log.trace('not this');
  log.debug('this');
  t.match(text(), /^\{"level":"debug".*"msg":"this"\}\n$/);
});

t.test('a JSON line has its level as a word and its time as ISO 8601', async (t) => {
  const { log, text } = collect('json');
  log.info({ service: 'default/web', elapsedMs: 3 }, 'added');
  const line: unknown = JSON.parse(text());
  t.match(line, {
    level: 'info',
    time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    service: 'default/web',
    elapsedMs: 3,
    msg: 'added',
  });
  t.same(Object.keys(Object(line)), ['level', 'time', 'service', 'elapsedMs', 'msg']);
});

t.test('an error keeps its chain of causes', async (t) => {
  const root = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  const err = new Error('read /etc/x', { cause: new Error('open /etc/x', { cause: root }) });
  const { log, text } = collect('json');
  log.error({ err }, 'source failed');
  t.match(JSON.parse(text()), {
    err: {
      type: 'Error',
      message: 'read /etc/x',
      stack: /logging\.test/,
      cause: { message: 'open /etc/x', cause: { message: 'no such file', code: 'ENOENT' } },
    },
  });
});

t.test('text is one readable line, without colours unless asked, and written at once', async (t) => {
  const { log, text } = collect('text');
  log.warn({ service: 'default/web' }, 'not served');
  const line = text();
  t.match(line, /^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: not served \{"service":"default\/web"\}\n$/);

  const stream = new PassThrough();
  createLogger({ format: 'text', verbosity: 0, stream, colorize: true }).info('x');
  t.ok(String(stream.read()).includes('\u001b['));
});

t.test('the stream stays open: it is the caller’s', async (t) => {
  const stream = new PassThrough();
  createLogger({ format: 'text', verbosity: 0, stream }).info('x');
  t.equal(stream.writableEnded, false);
});
