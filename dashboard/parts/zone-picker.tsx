// The zone that all times of all pages are told in, and the choice of any zone.
import { useMemo } from 'preact/hooks';
import { go, pageState } from '../data/navigation.ts';

export function ZonePicker() {
  return <ZoneSelect class="zone" label="Time zone" value={pageState.value.tz} onChoose={(tz) => go({ tz })} />;
}

export function ZoneSelect(props: { class?: string; label: string; value: string; onChoose: (tz: string) => void }) {
  const { label, value, onChoose } = props;
  const zones = useMemo(() => [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])], []);
  return (
    <select
      class={props.class ?? ''}
      aria-label={label}
      value={value}
      onChange={(event) => onChoose(event.currentTarget.value)}
    >
      {!zones.includes(value) && <option value={value}>{value}</option>}
      {zones.map((zone) => (
        <option value={zone} key={zone}>
          {zone.replaceAll('_', ' ')}
        </option>
      ))}
    </select>
  );
}
