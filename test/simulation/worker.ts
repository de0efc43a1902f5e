// Plays the seeds that it is given, one after the other, for main.ts.
import { playSeed } from './play-seed.ts';

process.on('message', (seed: number) => {
  void playSeed(seed).then((report) => process.send!(report));
});
