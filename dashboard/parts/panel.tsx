// A part of a page with a title: what it shows, or in words why it shows nothing yet.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { ClientQuery } from '../../api/client.ts';
import { askingWords } from '../data/asking.ts';
import { connection } from '../data/live.ts';
import { missing } from '../data/polled.ts';
import { isPassing, type Problem } from '../data/problem.ts';
import { WhyButton } from './why.tsx';

export interface PanelProps {
  readonly title: string;
  /** Beside the title: what exactly is shown. */
  readonly subtitle?: ComponentChildren;
  /** The query behind it. */
  readonly query?: ClientQuery | undefined;
  readonly problem?: Problem | undefined;
  /** Nothing to show yet: the first answer is on its way. */
  readonly isLoading?: boolean;
  /** What is shown answers an earlier question; the new answer is on its way. */
  readonly isPending?: boolean;
  /** That it is old, and since when; in the place of the subtitle. */
  readonly asOf?: string | undefined;
  /** In words, where there is nothing to show. */
  readonly nothing?: string | false | undefined;
  readonly class?: string;
  readonly actions?: ComponentChildren;
  readonly children?: ComponentChildren;
}

export function Panel(props: PanelProps) {
  const { title, query, problem, isLoading, asOf, nothing, actions, children } = props;
  const { subtitle, isPending } = asOf ? { subtitle: asOf, isPending: true } : props;
  const id = useId();
  const isAway = connection.value.kind === 'away';
  // The strip above says it for all panels, and since when.
  const isTold = isAway || (problem !== undefined && isPassing(problem) && missing.value.length > 0);
  return (
    <section class={`panel ${props.class ?? ''}`} aria-labelledby={id} aria-busy={isLoading || isPending}>
      <header class="panel-head">
        <div class="panel-title">
          <h2 id={id}>{title}</h2>
          {subtitle && <p class="subtitle">{subtitle}</p>}
        </div>
        <div class="panel-actions">
          {actions}
          {query && !isLoading && <WhyButton title={title} query={query} />}
        </div>
      </header>
      <div class={`panel-body ${isPending || (problem && isTold) ? 'pending' : ''}`}>
        {problem && !isTold && <Trouble problem={problem} hasNumbers={!isLoading} />}
        {isLoading ? (
          <p class="blank asking">{(isTold || !problem) && askingWords(connection.value, problem)}</p>
        ) : nothing ? (
          <p class="blank">{nothing}</p>
        ) : (
          children
        )}
      </div>
    </section>
  );
}

function Trouble({ problem, hasNumbers }: { problem: Problem; hasNumbers: boolean }) {
  const { detail, status } = problem;
  return (
    <p class="trouble" role="status">
      {status === 400 ? detail : `${detail}. ${hasNumbers ? 'These numbers are older. ' : ''}Trying again.`}
    </p>
  );
}
