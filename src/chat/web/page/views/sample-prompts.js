// What the samples of the first visit are drawn from. Imports nothing: the program that draws them anew reads it too.

/** By the small model that ships; its words are English. `name` is the file in samples/. */
export const samples = [
  { name: 'ball', prompt: 'a red ball bouncing in a meadow', seed: 2 },
  { name: 'jellyfish', prompt: 'a purple jellyfish drifting under water', style: 'neon', seed: 1 },
  { name: 'butterfly', prompt: 'a purple butterfly fluttering in a meadow', seed: 1 },
  { name: 'rocket', prompt: 'a red rocket flying in the night sky', style: 'anime', seed: 1 },
  { name: 'cat', prompt: 'a black cat sitting in the desert', seed: 2 },
  { name: 'ufo', prompt: 'a green ufo hovering in the city', style: 'pixel', seed: 1 },
]
