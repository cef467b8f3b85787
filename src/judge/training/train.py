"""usage: train.py TRUTH HELD_OUT LOOKS FIRST_WORLD OUT.safetensors [--minutes 20] [--examine]

Trains the judge's classifier: which subject, colour, place and look a picture of 128 × 128 shows.

TRUTH and HELD_OUT are folders that draw-frames.ts wrote; LOOKS is the folder of looks.py, FIRST_WORLD that of the world.py of the small
model's first edition (64 × 64, other drawings of the same words, so that what that model draws is not judged by drawings it never saw).
--examine trains nothing and says how well OUT knows what it was not shown.
One thread; Python 3.11, PyTorch 2.13. The weights carry diffusers' names, as src/engine/nets/image-classifier.ts reads them.
"""
import argparse, importlib.util, math, os, random, time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

ap = argparse.ArgumentParser()
for name in ('truth', 'held_out', 'looks', 'first_world', 'out'):
    ap.add_argument(name)
ap.add_argument('--minutes', type=float, default=20)                       # of a core's time
ap.add_argument('--examine', action='store_true')
arg = ap.parse_args()
torch.set_num_threads(1)
torch.manual_seed(0)
random.seed(0)


def module(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


formulas = module('looks', os.path.join(arg.looks, 'looks.py'))
first = module('first_world', os.path.join(arg.first_world, 'world.py'))
LOOKS = [lambda x: x, formulas.anime, formulas.sepia, formulas.pixel, formulas.neon, formulas.pencil, formulas.noir, formulas.watercolour]
LOOK_NAMES = ['plain', 'anime', 'sepia', 'pixel', 'neon', 'pencil', 'noir', 'watercolour']
COLOURLESS = {2, 5, 6}                                                        # sepia, pencil, noir: nothing of a colour is left but how light it is
SUBJECTS = 'ball star fish boat balloon flower bird ghost heart rocket cat robot butterfly jellyfish car windmill candle duck ufo mushroom'.split()
COLOURS = 'red orange yellow green blue purple pink white black brown'.split()
PLACES = ['meadow', 'sea', 'night sky', 'desert', 'snow', 'blue sky', 'forest', 'city', 'underwater', 'sunset']
HEADS = dict(subject=20, colour=10, place=10, look=8)
WIDTHS = (16, 32, 64, 112)
GROUPS = 8


# --- what it is
class Resnet(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(GROUPS, C), nn.Conv2d(C, C, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(GROUPS, C), nn.Conv2d(C, C, 3, padding=1)

    def forward(self, x):
        y = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(y)))


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_in = nn.Conv2d(3, WIDTHS[0], 3, stride=2, padding=1)
        self.downsamplers = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in zip(WIDTHS, WIDTHS[1:]))
        self.resnets = nn.ModuleList(Resnet(C) for C in WIDTHS[1:])
        self.norm_out = nn.GroupNorm(GROUPS, WIDTHS[-1])
        self.pool = nn.Linear(WIDTHS[-1], len(HEADS), bias=False)             # where each head looks
        self.heads = nn.ModuleDict({name: nn.Linear(WIDTHS[-1], n) for name, n in HEADS.items()})

    def forward(self, x):
        x = self.conv_in(x)
        for down, resnet in zip(self.downsamplers, self.resnets):
            x = resnet(down(x))
        x = F.silu(self.norm_out(x)).flatten(2).transpose(1, 2)               # [N, S, C]
        pooled = self.pool(x).transpose(1, 2).softmax(-1) @ x                 # [N, heads, C]
        return {name: head(pooled[:, i]).float() for i, (name, head) in enumerate(self.heads.items())}


# --- what it is shown
def read(folder):
    labels = torch.from_numpy(np.fromfile(os.path.join(folder, 'labels.bin'), np.uint8).reshape(-1, 3)).long()
    frames = np.memmap(os.path.join(folder, 'frames.bin'), np.uint8, 'c').reshape(len(labels), 128, 128, 3)
    return torch.from_numpy(frames), labels                                   # [N, 128, 128, 3]


def draw_first(n, seed):
    """Frames of the first world, enlarged as the judge enlarges what is smaller than 128."""
    rng, frames, labels = random.Random(seed), [], []
    for _ in range(n):
        kind, colour, place, rnd, _ = scene = first.sample_scene(rng)
        t = (rng.randrange(16) / 16 + rnd['phase']) % 1
        x = first.subject(first.background(place, t, rnd), kind, colour, t, rnd).view(3, 64, 2, 64, 2).mean((2, 4)).clamp(0, 1)
        frames.append((F.interpolate(x[None], size=128, mode='bicubic', align_corners=False).clamp(0, 1)[0] * 255).round().byte().permute(1, 2, 0))
        labels.append([SUBJECTS.index(kind), COLOURS.index(colour), PLACES.index(place)])
    return torch.stack(frames), torch.tensor(labels)


def seen(frames, look):
    """[N, 128, 128, 3] bytes → [N, 3, 128, 128] in 0..1, in that look"""
    return LOOKS[look](frames.permute(0, 3, 1, 2).float() / 255)


def softened(x):
    """As a net draws: a little soft, a little noisy, bent, off in light and colour; never so much that a word would change."""
    n = len(x)
    if random.random() < .6:                                                  # moved by up to two pixels, smoothly, and a little larger or smaller
        grid = F.affine_grid(torch.eye(2, 3)[None] * torch.empty(n, 1, 1).uniform_(.94, 1.06), list(x.shape), align_corners=False)
        bend = F.interpolate(torch.randn(n, 2, 5, 5) * random.uniform(0, 2) / 64, size=128, mode='bicubic', align_corners=True)
        x = F.grid_sample(x, grid + bend.permute(0, 2, 3, 1), padding_mode='border', align_corners=False)
    if random.random() < .35:                                                 # through a smaller size
        side = random.randrange(56, 112)
        x = F.interpolate(F.interpolate(x, size=side, mode='area'), size=128, mode='bicubic', align_corners=False)
    if random.random() < .6:
        sigma = random.uniform(.3, 1.4)
        k = torch.exp(-torch.arange(-3., 4.) ** 2 / (2 * sigma ** 2))
        k = (k / k.sum()).expand(3, 1, 1, -1)
        x = F.conv2d(F.pad(x, (3, 3, 3, 3), mode='replicate'), k, groups=3)
        x = F.conv2d(x, k.transpose(2, 3), groups=3)
    gain = torch.empty(n, 3, 1, 1).uniform_(.95, 1.05) * torch.empty(n, 1, 1, 1).uniform_(.92, 1.08)
    x = x * gain + torch.empty(n, 3, 1, 1).uniform_(-.03, .03)
    if random.random() < .5:
        x = x + F.interpolate(torch.randn(n, 3, 32, 32), size=128, mode='bilinear') * random.uniform(0, .06) + torch.randn_like(x) * random.uniform(0, .03)
    return x.clamp(0, 1)


frames, labels = read(arg.truth)
held, held_labels = read(arg.held_out)
first_held, first_held_labels = draw_first(400, 2)


def batch():
    """64 pictures: 20 plain, 5 in each look, 9 of the first world; every other one softened"""
    pictures, wanted, looks = [], [], []
    for look in range(len(LOOKS)):
        k = torch.randint(len(frames), (20 if look == 0 else 5,))
        pictures.append(seen(frames[k], look)), wanted.append(labels[k]), looks.extend([look] * len(k))
    k = torch.randint(len(first_frames), (9,))
    look = random.choice([0, 0, 0, 1, 2])
    pictures.append(seen(first_frames[k], look)), wanted.append(first_labels[k]), looks.extend([look] * 9)
    x = torch.cat(pictures)
    x[::2] = softened(x[::2])
    return x * 2 - 1, torch.cat(wanted), torch.tensor(looks)


def loss_of(said, wanted, looks):
    coloured = torch.tensor([look not in COLOURLESS for look in looks.tolist()])
    total = F.cross_entropy(said['subject'], wanted[:, 0], label_smoothing=.02) + F.cross_entropy(said['place'], wanted[:, 2], label_smoothing=.02)
    total = total + F.cross_entropy(said['colour'][coloured], wanted[coloured, 1], label_smoothing=.02)
    return total + .3 * F.cross_entropy(said['look'], looks, label_smoothing=.02)


# --- how well it knows what it was not shown
@torch.no_grad()
def examine(net, name, frames, labels, look, soft=False):
    random.seed(5), torch.manual_seed(5)
    hits = torch.zeros(4)
    for i in range(0, len(frames), 64):
        x = seen(frames[i:i + 64], look)
        said = net((softened(x) if soft else x) * 2 - 1)
        wanted = torch.cat([labels[i:i + 64], torch.full((len(x), 1), look)], 1)
        hits += torch.stack([(said[head].argmax(1) == wanted[:, j]).sum() for j, head in enumerate(HEADS)])
    share = [f'{head} {100 * h / len(frames):.2f}' for head, h in zip(HEADS, hits)]
    if look in COLOURLESS:
        share[1] = 'colour gone'
    print(f'  {name:24s}', '  '.join(share), flush=True)


def examine_all(net):
    for look, name in enumerate(LOOK_NAMES):
        examine(net, name, held, held_labels, look)
    examine(net, 'plain, softened', held, held_labels, 0, True)
    examine(net, 'anime, softened', held, held_labels, 1, True)
    examine(net, 'first world', first_held, first_held_labels, 0)
    examine(net, 'first world, sepia', first_held, first_held_labels, 2)


def save():
    half = {k: v.half().contiguous() for k, v in average.items()}
    words = dict(subjects=SUBJECTS, colours=COLOURS, places=PLACES, looks=LOOK_NAMES)
    save_file(half, arg.out, {name: ','.join(value) for name, value in words.items()})
    return half


net = Classifier()
if arg.examine:
    net.load_state_dict({k: v.float() for k, v in load_file(arg.out).items()})
    net.eval()
    examine_all(net)
    raise SystemExit

first_frames, first_labels = draw_first(3000, 1)
print(len(frames), 'frames', len(first_frames), 'of the first world', flush=True)
print(sum(p.numel() for p in net.parameters()), 'weights', flush=True)
average = {k: v.clone() for k, v in net.state_dict().items()}
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, betas=(.9, .99), weight_decay=2e-2)
began, step, losses = time.process_time(), 0, []
while (share := (time.process_time() - began) / 60 / arg.minutes) < 1:
    rate = 2e-3 * min(1, (step + 1) / 100) * (.01 + .99 * .5 * (1 + math.cos(math.pi * share)))
    for group in optimizer.param_groups:
        group['lr'] = rate
    x, wanted, looks = batch()
    with torch.autocast('cpu', torch.bfloat16):
        loss = loss_of(net(x), wanted, looks)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.)
    optimizer.step()
    step += 1
    losses.append(loss.item())
    keep = min(.995, (1 + step) / (20 + step))
    for k, v in net.state_dict().items():
        average[k].lerp_(v, 1 - keep)
    if step % 100 == 0:
        print(f'{step} steps, {(time.process_time() - began) / 60:.1f} min, loss {sum(losses) / len(losses):.3f}', flush=True)
        losses = []
        save()

half = save()
net.load_state_dict({k: v.float() for k, v in half.items()})
net.eval()
print(step, 'steps;', os.path.getsize(arg.out), 'bytes; right, of 100:')
examine_all(net)
