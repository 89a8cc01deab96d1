/** Short tones for new alerts, made by the browser: no file, no library. */
import type { Severity } from "./model";

/** Frequencies in Hz, one after the other. */
const TONES: Record<Severity, readonly number[]> = {
  low: [440],
  medium: [523],
  high: [659, 523],
  critical: [880, 660, 880],
};
const LENGTH = 0.16;

let context: AudioContext | null = null;

/** Browsers allow sound only after a gesture: call it from one. */
export function unlockSound(): void {
  context ??= new AudioContext();
  void context.resume();
}

/** Play the tone of a severity; nothing before {@link unlockSound}. */
export function playTone(severity: Severity): void {
  if (!context || context.state !== "running") return;
  TONES[severity].forEach((frequency, index) => {
    const begin = context!.currentTime + index * LENGTH;
    const [oscillator, gain] = [context!.createOscillator(), context!.createGain()];
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, begin);
    gain.gain.exponentialRampToValueAtTime(0.2, begin + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, begin + LENGTH);
    oscillator.connect(gain).connect(context!.destination);
    oscillator.start(begin);
    oscillator.stop(begin + LENGTH);
  });
}
