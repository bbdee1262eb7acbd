"""The slots of a figure's parts. Left is the figure's own left: +X of a figure that faces +Z."""
PARTS = ['base', 'legs', 'torso', 'arm_left', 'arm_right', 'head', 'hair', 'item_left', 'item_right', 'back']
# Those of the part maps, in the order of their channels: each leg for itself.
SLOTS = [slot for part in PARTS for slot in (['leg_left', 'leg_right'] if part == 'legs' else [part])]
# Which slot is which in a mirror.
SWAP = [SLOTS.index(s.replace('left', '#').replace('right', 'left').replace('#', 'right')) for s in SLOTS]
