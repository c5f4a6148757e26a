// How it looks: 100 columns, colour only where it is asked for.
import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { createStory } from '../../lib/demo/story.js';
import { fakeClock } from '../support/fake-clock.js';

function tell(colour = false) {
  let text = '';
  const clock = fakeClock();
  const write = (more: string) => {
    text += more;
  };
  return { story: createStory({ write, colour, clock, pauseMs: 500 }), clock, text: () => text };
}

const claim = { text: 'pod → web: every request is answered', evidence: '6 of 6', holds: true };

t.test(
  'scenes are numbered, commands have a prompt, output is indented, remarks stand beside it',
  async (t) => {
    const { story, text } = tell();
    story.title('title');
    story.scene('First');
    story.scene('Second');
    story.say('Some words.');
    story.command('pods', 'ss -l', ['one', { text: 'two', note: 'a remark' }]);
    story.command('node', 'grep nothing', []);
    story.show([{ text: '', note: 'alone' }]);
    story.verbatim(['curl x']);
    story.claim(claim);
    story.claim({ ...claim, holds: false });
    t.equal(
      text(),
      `title

1. First

2. Second
  Some words.
  pod$ ss -l
    one
    two  ◂ a remark
  node$ grep nothing
    (nothing)
    ◂ alone
curl x
  ✓ pod → web: every request is answered – 6 of 6
  ✗ pod → web: every request is answered – 6 of 6
`,
    );
  },
);

t.test('nothing is wider than 100 columns, but what is to be copied', async (t) => {
  const { story, text } = tell();
  const long = 'word '.repeat(40).trimEnd();
  story.say(long);
  story.show([long, { text: long, note: 'r' }, { text: 'x'.repeat(90), note: 'a remark' }]);
  story.command('node', long, [long]);
  story.claim({ text: long, evidence: long, holds: true });
  story.summary([{ text: long, evidence: long, holds: false }]);
  for (const line of text().split('\n')) t.ok(line.length <= 100, line);
  t.equal(text().match(/word/g)?.length, 40 * 9, 'and nothing is lost');
});

t.test('the summary is a table', async (t) => {
  const { story, text } = tell();
  story.summary([claim, { text: 'b', evidence: 'none', holds: false }]);
  const table = `
What was claimed, and what showed it
  ✓ pod → web: every request is answered          6 of 6
  ✗ b                                             none
`;
  t.equal(text(), table);
});

t.test('colour adds escapes and changes no text', async (t) => {
  const [plain, painted] = [tell(false), tell(true)];
  for (const { story } of [plain, painted]) {
    story.scene('First');
    story.command('node', 'ss', [{ text: 'one', note: 'two' }]);
    story.claim(claim);
  }
  t.not(painted.text(), plain.text());
  t.equal(stripVTControlCharacters(painted.text()), plain.text());
});

t.test('a pause lasts as long as it was said to', async (t) => {
  const { story, clock } = tell();
  let over = false;
  const pause = story.pause().then(() => {
    over = true;
  });
  await clock.advance(499);
  t.equal(over, false);
  await clock.advance(1);
  await pause;
  t.equal(over, true);
});
