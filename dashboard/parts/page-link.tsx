// A link to another page or state of the dashboard, without loading it anew.
import type { ComponentChildren } from 'preact';
import { go, linkTo } from '../data/navigation.ts';
import type { PageState } from '../data/page-state.ts';

export function PageLink(props: {
  to: Partial<PageState>;
  isCurrent?: boolean;
  onLeave?: () => void;
  children: ComponentChildren;
}) {
  const { to, isCurrent, onLeave, children } = props;
  return (
    <a
      aria-current={isCurrent ? 'page' : undefined}
      href={linkTo(to)}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        onLeave?.();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
