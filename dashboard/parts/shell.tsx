// What all pages share: the name, the way from page to page, the truth strip, and the dialog behind "Why?".
import type { ComponentChildren } from 'preact';
import { ignoredParts, pageState } from '../data/navigation.ts';
import { pages } from '../data/page-state.ts';
import { ignoredWords, inSentence, pageTitles, rangeWords } from '../data/words.ts';
import { PageLink } from './page-link.tsx';
import { TruthStrip } from './truth-strip.tsx';
import { WhyDialog } from './why.tsx';
import { ZonePicker } from './zone-picker.tsx';

export function Shell({ children }: { children: ComponentChildren }) {
  const { page, range, tz } = pageState.value;
  const ignored = ignoredParts.value;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the numbers
      </a>
      <header class="top">
        <p class="brand">
          <Mark /> Tidemark
        </p>
        <nav aria-label="Pages">
          {pages.map((name) => (
            <PageLink key={name} to={{ page: name }} isCurrent={name === page}>
              {pageTitles[name]}
            </PageLink>
          ))}
        </nav>
        <ZonePicker />
      </header>
      <TruthStrip />
      <main id="main" tabIndex={-1}>
        {ignored.length > 0 && (
          <p class="banner" role="status">
            Ignored from the link: {ignoredWords(ignored)}. Showing {inSentence(rangeWords(range))}, {tz}.
          </p>
        )}
        {children}
      </main>
      <WhyDialog />
    </>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <path class="mark-line" d="M3 6h18" />
      <path class="mark-tide" d="M3 14c3 0 3-3 6-3s3 3 6 3 3-3 6-3v10H3z" />
    </svg>
  );
}
