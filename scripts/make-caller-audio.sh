#!/bin/sh
# Makes the demo caller's speech anew: src/demo/audio/*.wav and utterances.json, from lines.tsv.
# Needs Debian's packages "flite" and "sox" (apt-get install flite sox), and Node.
set -eu
cd "$(dirname "$0")/.."
for tool in flite sox node; do
  command -v "$tool" >/dev/null || {
    echo "Cannot make the caller's audio: \"$tool\" is not installed (apt-get install flite sox)" >&2
    exit 1
  }
done
exec node scripts/make-caller-audio.mjs
