/** The duration of one level, in seconds. */
export const LEVEL_S = 0.02;

/** The level of digital silence. */
const SILENCE_DB = -96;

/** 20 ms of sound in two numbers. Neither depends on earlier sound. */
export interface Level {
  /** Root mean square in dB below full scale. */
  loudness_db: number;
  /** Brightness in dB: the level of the differences between samples, minus the level of the sound. */
  brightness_db: number;
}

/** Turns 16-bit samples into levels as they arrive. */
export interface SoundMeter {
  /** Takes the next samples and returns the levels that they complete. */
  push(samples: Int16Array): Level[];
}

export function createSoundMeter(sampleRate: number): SoundMeter {
  const samplesPerLevel = Math.round(sampleRate * LEVEL_S);
  let previous = 0;
  let power = 0;
  let differencePower = 0;
  let count = 0;
  return {
    push(samples) {
      const levels: Level[] = [];
      for (const sample of samples) {
        power += sample ** 2;
        differencePower += (sample - previous) ** 2;
        previous = sample;
        count += 1;
        if (count === samplesPerLevel) {
          const loudness_db = toDecibels(power / count);
          levels.push({
            loudness_db,
            brightness_db: toDecibels(differencePower / count) - loudness_db,
          });
          power = 0;
          differencePower = 0;
          count = 0;
        }
      }
      return levels;
    },
  };
}

/** All levels of a finished sound. An incomplete last 20 ms is left out. */
export function measureSound(samples: Int16Array, sampleRate: number): Level[] {
  return createSoundMeter(sampleRate).push(samples);
}

function toDecibels(meanSquare: number): number {
  return Math.max(SILENCE_DB, 20 * Math.log10(Math.sqrt(meanSquare) / 32768));
}
