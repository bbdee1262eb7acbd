"""Sizes of the figurine networks, as the file of weights tells them to the program."""
from data.slots import PARTS

TRUNCATION = .1  # of the mean half size of a part's box
TOKENS, CHANNELS, PACK = 16, 16, 4  # the VAE's, and how many of its tokens are one token of the transformer
ROWS = TOKENS//PACK  # packed rows of a part, followed by its box row
# of the box row: the part's main colour (the median over its surface), after centre, log half sizes and presence
MAIN = slice(7, 10)
CELLS = 4  # of an image patch, each way: what each shows is known in training
CONFIG = {
    'transformer': dict(
        num_attention_heads=4,
        width=256,
        in_channels=64,
        num_layers=9,
        cross_attention_dim=256,
        max_num_parts=10,
        enable_part_embedding=True,
        enable_local_cross_attn=True,
        enable_global_cross_attn=True,
        global_attn_block_ids=[0, 2, 4, 6, 8],
        token_embedding=5,
    ),
    'vae': dict(
        latent_channels=16,
        num_attention_heads=4,
        width_decoder=128,
        num_layers_decoder=4,
        embedding_type='frequency',
        embed_frequency=8,
        embed_include_pi=False,
        out_channels=4,
        field='signed_distance',
    ),
    'image_encoder': dict(
        hidden_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        mlp_ratio=4,
        patch_size=16,
        image_size=128,
        layer_norm_eps=1e-6,
    ),
    'feature_extractor': dict(shortest_edge=146, crop=128, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    'scheduler': dict(num_train_timesteps=1000, shift=1.0),
    'sampling': dict(
        tokens=5,
        steps=8,
        solver='multistep',
        guidance=1.5,
        prompt_guidance=2.,
        temperature=.3,
        part_ids='per_object',
    ),
    'figurine': dict(
        slots=PARTS,
        pack=PACK,
        truncation=TRUNCATION,
        box_token=True,
        main_colour=True,
        seen=CELLS,
        face=dict(
            slot='head', weights=48, side=24, width=256, blocks=3, steps=16, painter=dict(finer=4, width=48, blocks=3)
        ),
    ),
    'condition': dict(views=['front', 'left', 'right', 'back']),
    'text_encoder': dict(
        words=0,
        word_size=96,
        length=32,
        slots=len(PARTS),
        hidden_size=256,
        num_hidden_layers=3,
        num_attention_heads=4,
        mlp_ratio=4,
        layer_norm_eps=1e-6,
    ),
}
