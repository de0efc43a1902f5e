// A large number, with what it is held against. Its digits take the same room whatever they are, and it has no animation
// but a short glow where it changed.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ClientQuery } from '../../api/client.ts';
import type { Integer } from '../data/answer.ts';
import { askingWords } from '../data/asking.ts';
import { change as changeText, changeFromNothing } from '../data/format.ts';
import { connection } from '../data/live.ts';
import type { Figure } from '../data/sums.ts';
import { WhyButton } from './why.tsx';

export function FigureBox(props: {
  title: string;
  /** Where there is a number, what it answers. */
  query: ClientQuery | undefined;
  class?: string;
  /** Of the title, where a pointer rests on it. */
  hint?: string;
  children: ComponentChildren;
}) {
  const { title, query, hint, children } = props;
  return (
    <section class={`figure ${props.class ?? ''}`} aria-label={title}>
      <header>
        <h2 title={hint}>{title}</h2>
        {query && <WhyButton title={title} query={query} />}
      </header>
      {children}
    </section>
  );
}

/** Against it nothing is held: there is no number to wait for. */
export const noData = 'no data';

/** `text`: how a value is written. */
export function BigNumber(props: {
  figure: Figure | undefined;
  text: (value: Integer) => string;
  unit?: string;
  against: string;
  /** `against` tells why there is nothing to hold it against. */
  isTold?: boolean;
}) {
  const { figure, text, unit, against, isTold } = props;
  const isLoading = !figure && against !== noData;
  const [, same, then] = /^(same time )?(.*)$/.exec(against)!;
  // Of nothing against nothing there is nothing to say.
  const isCompared = figure?.past !== undefined && Boolean(figure.now || figure.past);
  return (
    <>
      <p class="big" aria-busy={isLoading}>
        <Ticking text={figure ? written(figure.now, text) : '–'} />
        {/* Beside the sign, so that nothing moves when the number comes. */}
        {isLoading
          ? connection.value.kind !== 'away' && <span class="unit">{askingWords(connection.value)}</span>
          : unit && <span class="unit">{unit}</span>}
      </p>
      {against !== '' && (
        <p class={`versus ${same ? 'same-time' : ''}`}>
          {isTold && against}
          {!isTold && figure && isCompared && (
            <>
              <Change figure={figure} />
              <span class="past-value">
                {same}
                <span class="nowrap">
                  {then}: {written(figure.past, text)}
                </span>
              </span>
            </>
          )}
        </p>
      )}
    </>
  );
}

export function Change({ figure: { now, past, change } }: { figure: Figure }) {
  if (change === null) return <span class="change">{changeFromNothing(now, past)}</span>;
  const words = changeText(change);
  const direction = words.startsWith('+') ? 'up' : words.startsWith('−') ? 'down' : 'even';
  return (
    <span class={`change ${direction}`}>
      <span aria-hidden="true">{{ up: '▲', down: '▼', even: '=' }[direction]}</span> {words}
    </span>
  );
}

export function written(value: Integer | null | undefined, text: (value: Integer) => string): string {
  return value === null || value === undefined ? '–' : text(value);
}

/** Text that glows for a moment where it changed. */
export function Ticking({ text }: { text: string }) {
  const place = useRef<HTMLSpanElement>(null);
  const before = useRef(text);
  useEffect(() => {
    if (before.current === text) return;
    const wasKnown = before.current !== '–';
    before.current = text;
    if (!wasKnown) return;
    const { classList } = place.current!;
    classList.remove('changed');
    requestAnimationFrame(() => classList.add('changed'));
  }, [text]);
  return (
    <span ref={place} class="ticking">
      {text}
    </span>
  );
}
