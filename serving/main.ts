// Serving: ClickHouse views + live counters → answers. One process of any number. Its stores may come later than it.
import { loadConfig } from '../runtime/config.ts';
import { listen } from '../runtime/http-server.ts';
import { runService } from '../runtime/service.ts';
import { generationOf } from '../runtime/shared-settings.ts';
import { servingSettings } from './config.ts';
import { openServingApp } from './open-app.ts';

const clock = () => Date.now();
const config = () => loadConfig(servingSettings, process.env);

await runService(
  'serving',
  () => config().logLevel,
  async (resources, log) => {
    const settings = config();
    const app = await openServingApp(settings, resources, log, clock);
    const address = await listen(app, settings.host, settings.servingPort);
    log.info({ address, generation: generationOf(settings).id }, 'serving');
  },
);
