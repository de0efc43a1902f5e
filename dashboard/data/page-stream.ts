// What a page streams where it has no numbers of its own to stream: enough to tell how true everything is.
import { useEffect } from 'preact/hooks';
import { streamQuery } from './live.ts';
import { pageState } from './navigation.ts';

export function useTruthStream(): void {
  const { tz } = pageState.value;
  useEffect(() => streamQuery({ measures: ['orders'], range: 'today', tz }), [tz]);
}
