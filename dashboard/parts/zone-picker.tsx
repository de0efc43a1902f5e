// The zone that all times of all pages are told in.
import { useMemo } from 'preact/hooks';
import { go, pageState } from '../data/navigation.ts';

export function ZonePicker() {
  const { tz } = pageState.value;
  const zones = useMemo(() => [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])], []);
  return (
    <select class="zone" aria-label="Time zone" value={tz} onChange={(event) => go({ tz: event.currentTarget.value })}>
      {!zones.includes(tz) && <option value={tz}>{tz}</option>}
      {zones.map((zone) => (
        <option value={zone} key={zone}>
          {zone.replaceAll('_', ' ')}
        </option>
      ))}
    </select>
  );
}
