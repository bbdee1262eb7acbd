"""Who people are: what each wears, in which colours, and what it holds. `humanoid.person` dresses them."""
from dataclasses import dataclass
from .paint import HAIR, SKIN, hexes

OLD, DARK = hexes('f4f4f4 c8c8cc'), hexes('1c1410 2a2024 3d2414')


@dataclass(frozen=True)
class Role:
    """cloth: colours of what is worn above, below, beside and of shoes; several such sets. hats: kinds of hats.py,
    None for hair; hat: their two colours, by default the cloth's. beard: how often. back: a kind of
    `equipment.back`."""
    outfit: tuple
    cloth: tuple
    hats: tuple = (None,)
    hat: str = ''
    beard: float = 0.
    hair: list = tuple(HAIR)
    hold: tuple = (None,)
    back: tuple = (None,)
    skin: list = tuple(SKIN)
    cut: tuple = (None,)
    styles: tuple = ('chibi', 'chibi', 'toon', 'toon', 'doll', 'real')


def role(outfit, *cloth, **more): return Role(tuple(outfit.split()), cloth, **more)


RED, GREEN = hexes('c03028 d04030 a02020'), hexes('6fae4a 8cc464 5a8a3a')
LONG, SHORT = ('long', 'bob', 'tail', 'braids', 'bun'), ('short', 'parted', 'tufts', 'quiff')
ROLES = {
    'santa': role('coat jacket', 'c02020 c02020 fafaf8 222226', hats=('santa',), hat='c02020 fafaf8', beard=1,
                  hair=OLD, hold=('bag', 'present', None)),
    'astronaut': role('suit', 'f4f4f4 f4f4f4 d8602a c0c0c4', 'e8e8e6 e8e8e6 2f62c8 8a8a90', hats=('astronaut',),
                      hat='f4f4f4 2f62c8', back=('pack', 'pack', None), hold=(None, None, 'flag')),
    'knight': role('armour', 'b8bcc6 8a909a b02828 60646e', 'c0c4cc 60646e 2a4a8a 4a4e58', hats=('knight', 'helmet'),
                   hat='b8bcc6 b02828', hold=('sword', 'sword', 'shield', 'mace'), back=('cape', None)),
    'wizard': role('robe', '2a3a8a 2a3a8a d9a62e 4a2c1a', '6a3a90 6a3a90 d9a62e 3a2a4a', '3a4a5a 3a4a5a c0c4cc 4a2c1a',
                   hats=('wizard',), beard=.9, hair=OLD, hold=('staff', 'staff', 'wand', 'book')),
    'witch': role('dress robe', '1c1c20 1c1c20 6a3a90 2a2422', '3a2a4a 3a2a4a 3f7a3a 1c1410', hats=('wizard',),
                  hat='1c1c20 6a3a90', cut=LONG, hold=('broom', 'broom', 'wand', None), skin=[*SKIN, *GREEN]),
    'pirate': role('coat jacket', '8a2020 1c1410 d9a62e 2a2024', '1d2a50 e8e8e6 c03028 2a2024', beard=.5,
                   hats=('pirate', 'pirate', 'bandana'), hat='222226 fafaf8', hold=('sword', 'gun', 'key', None)),
    'king': role('robe coat', 'a02028 a02028 f4f4f0 d9a62e', '2a2a7a 2a2a7a f4f4f0 d9a62e', hats=('crown',),
                 hat='d9a62e d9a62e', beard=.7, back=('cape',), hold=('staff', 'sword', None)),
    'queen': role('dress', 'a02050 a02050 d9a62e f0ece0', '6a3a90 6a3a90 d9a62e f0ece0', hats=('crown',),
                  hat='d9a62e d9a62e', cut=LONG, back=('cape', None)),
    'princess': role('dress', 'f0a0c0 f8c8d8 d9a62e f0ece0', '8ac8f0 c8e8f8 d9a62e f0ece0',
                     'f0d060 f8e8a0 d04080 fafaf8',
                     hats=('crown', 'bow', None), hat='d9a62e f090b8', cut=LONG, hold=(None, 'flower', 'wand')),
    'chef': role('jacket suit', 'f6f6f2 3a3a42 c03030 222226', 'f6f6f2 c0c0c4 222226 222226', hats=('chef',),
                 hat='fafaf8 fafaf8', beard=.25, hold=('pan', 'pan', None)),
    'ninja': role('suit tunic', '1c1c20 1c1c20 b02828 1c1c20', '202838 202838 c0c0c4 1c1c20', hats=('hood',),
                  hat='1c1c20 b02828', hold=('sword', 'dagger', None)),
    'policeman': role('suit', '1d2a50 1d2a50 d9a62e 1c1410', '2a4a8a 1d2a50 d9a62e 1c1410', hats=('cap',),
                      hat='1d2a50 222226', cut=SHORT),
    'firefighter': role('coat', 'c03028 3a3a30 f0d020 222226', 'd8a020 3a3a30 e8e8e6 222226', hats=('helmet',),
                        hat='c02020 f0d020', hold=('axe', None)),
    'soldier': role('jacket suit', '5a6a3a 5a6a3a 3a3a30 2a2422', '8a7a50 8a7a50 3a3a30 4a3020', hats=('helmet',
                    'cap'),
                    hat='4a5a30 3a3a30', cut=SHORT, hold=('gun', 'gun', None), back=('pack', None)),
    'doctor': role('coat', 'f6f6f2 2f62c8 c0c0c4 222226', 'f6f6f2 2a9a98 c0c0c4 f6f6f2', hold=('book', 'bag', None)),
    'farmer': role('jacket plain', 'c03030 2f4a8a 6b4226 4a2c1a', '3f7a3a 2f4a8a 6b4226 4a2c1a', hats=('straw',),
                   hat='d8b868 8a5a34', beard=.3, hold=('fork', 'fork', None)),
    'cowboy': role('jacket', '8a5a34 2f4a8a c03030 4a2c1a', 'c8a070 3a3a42 b03028 6b4226', hats=('wide',),
                   hat='7a4a28 3a2414', beard=.2, hold=('gun', 'gun', None)),
    'viking': role('armour tunic', '7a4a28 4a3020 8a909a 4a2c1a', '8a909a 60504a a86a34 4a3020', hats=('viking',),
                   hat='8a909a d9a62e', beard=.9, hair=hexes('c87838 d8a94e 8a5a2c b03028'),
                   hold=('axe', 'axe', 'shield', 'hammer')),
    'samurai': role('armour', 'a02028 2a2024 d9a62e 222226', '222226 2a2024 b02828 222226', hats=('samurai',),
                    hat='3a3030 d9a62e', hold=('sword',), hair=DARK),
    'angel': role('robe dress', 'fafaf8 fafaf8 d9a62e f0ece0', 'f0ece0 f0ece0 8ac8f0 fafaf8', hats=('halo',),
                  back=('feather wings',), cut=('long', 'bob', 'short')),
    'devil': role('bare suit', 'a02020 2a1414 222226 2a1414', '222226 222226 c02020 222226', hats=('horns',),
                  back=('bat wings', 'tail'), skin=RED, hold=('fork', 'fork', None)),
    'fairy': role('dress skirt', '8cc464 6fae4a f090b8 f0e2c0', 'f0a0c0 c8a0d0 f0d060 f0e2c0', back=('fairy wings',),
                  hats=('flowers', 'bow', None), cut=LONG, hold=('wand', 'wand', None)),
    'zombie': role('plain jacket', '5a6a4a 4a4438 6a2020 2a2422', '4a5a6a 3a3a42 6a2020 2a2422',
                   skin=hexes('7a9a5a 8aa070 6a8a6a'), cut=('tufts', 'bald', 'short')),
    'vampire': role('suit', '1c1c20 1c1c20 b02020 1c1c20', '2a1a2a 1c1c20 b02020 1c1c20', back=('cape',), hair=DARK,
                    skin=hexes('e8e0e0 d8d0e0'), cut=SHORT),
    'elf': role('tunic', '3f7a3a 6b4226 d9a62e 6b4226', '2a6a4a c8a070 c03030 6b4226', hats=('wizard', 'beret', None),
                hat='3f7a3a c03030', hold=('bow', 'bow', 'dagger', None)),
    'gnome': role('tunic coat', '2f62c8 6b4226 c03030 4a2c1a', '3f9a4a 6b4226 d0a030 4a2c1a', hats=('wizard',),
                  hat='c03028 d0302a', beard=1, hair=OLD, styles=('chibi', 'doll'), hold=('lantern', 'flower', None)),
    'dwarf': role('armour tunic', '8a5a34 4a3020 8a909a 4a2c1a', '60646e 6b4226 d9a62e 4a2c1a', beard=1,
                  hats=('helmet', 'viking', None), hat='8a909a d9a62e', styles=('chibi', 'doll'),
                  hold=('axe', 'hammer', 'hammer')),
    'goblin': role('bare tunic', '6b4226 4a3020 8a7a50 4a2c1a', 'a05a28 4a2c1a 8a909a 4a2c1a', hats=('ears', 'hood'),
                   hat='6fae4a 6b4226', skin=GREEN, styles=('chibi', 'toon'), cut=('bald',),
                   hold=('club', 'dagger', 'bag')),
    'superhero': role('suit', 'c02020 2a4ac0 f0d020 c02020', '2a4ac0 c02020 f0d020 c02020',
                      '222226 222226 f0d020 3a3a42',
                      back=('cape',), cut=SHORT, styles=('toon', 'giant', 'chibi')),
    'clown': role('suit dress', 'f0d020 c03028 2f62c8 d0302d', 'e86aa8 3fb0a0 f0d020 c03028', hats=('jester', 'wide',
                  None),
                  hat='c03028 2f62c8', hair=hexes('d84830 f08a24 3fa040 e86aa8'), skin=hexes('fafaf8 ffdbc4'),
                  cut=('afro', 'curls'), hold=('balloon', 'balloon', 'ball', None)),
    'ballerina': role('skirt dress', 'f0b0c8 f8d8e0 fafaf8 f0a0b8', 'fafaf8 f0f0f4 f0b0c8 f0b0c8', cut=('bun',)),
    'monk': role('robe', '6b4226 6b4226 c8a878 4a2c1a', '8a4a20 d08020 6b4226 4a2c1a', hats=('hood', None),
                 hat='6b4226 4a2c1a', cut=('bald',), hold=('book', 'staff', None)),
    'archer': role('tunic', '3f6a3a 6b4226 8a5a34 4a2c1a', '8a3a2a 4a3020 c8a878 4a2c1a', hats=('hood', 'feathers',
                   None),
                   hat='3f6a3a 8a5a34', hold=('bow', 'crossbow'), back=('pack',)),
    'footballer': role('plain', 'c03028 fafaf8 222226 222226', '2f62c8 fafaf8 f0d020 222226', cut=SHORT,
                       hold=('ball', None)),
    'builder': role('jacket', 'f08a24 2f4a8a f0d020 6b4226', 'f0d020 3a3a42 c0c0c4 6b4226', hats=('helmet',),
                    hat='f0c020 f0c020', hold=('hammer', 'wrench')),
    'magician': role('suit', '1c1c20 1c1c20 c02020 1c1c20', '3a2a5a 3a2a5a d9a62e 1c1c20', hats=('top hat',),
                     hat='1c1c20 c02020', back=('cape', None), hold=('wand',)),
    'mermaid': role('bare', 'c878a8 2a9a98 6ad0c0 fafaf8', 'f090b8 3f8ac8 8ad0e8 fafaf8',
                    '8a60c0 3aa078 d0c060 fafaf8',
                    hair=[*hexes('c0302a d84830 e86aa8 3aa078 f0d060 8050b8'), *HAIR[:6]], cut=LONG,
                    hats=(None, 'flowers', 'crown')),
    'bride': role('dress', 'fafaf8 fafaf8 f0e2c0 fafaf8', hats=('flowers', None), hat='fafaf8 f0b0c8', cut=LONG,
                  hold=('flower',)),
}
