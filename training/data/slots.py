"""The part slots of the maps, in the order of the channels. Left is the figure's own left: +X of a figure that faces +Z."""
SLOTS = ['base', 'leg_left', 'leg_right', 'torso', 'arm_left', 'arm_right', 'head', 'hair', 'item_left', 'item_right', 'back']
SWAP = [SLOTS.index(s.replace('left', '#').replace('right', 'left').replace('#', 'right')) for s in SLOTS]  # in a mirror
