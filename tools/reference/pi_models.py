"""Builds LeRobot's pi0 and pi0.5 in any size, for the scripts beside it. Import after lerobot_source.use(...)."""
import contextlib

import torch

# What PiConfig.withSizes in policy.pi calls them.
TINY = dict(vocab=64, width=32, depth=2, mlp=48, heads=8, kv=1, head_dim=8, ex_width=16, ex_mlp=32, vis_width=16,
            vis_depth=2, vis_heads=2, vis_mlp=24, patch=14, image=28, H=5, maxa=12, maxs=12, A=7, S=8, toklen=10)
CAMERAS = ("base_0_rgb", "left_wrist_0_rgb", "right_wrist_0_rgb")


def module(family):
    import importlib
    return importlib.import_module(f"lerobot.policies.{family}.modeling_{family}")


def classes(family):
    """(configuration, policy, core model)"""
    import importlib
    name = {"pi0": "PI0", "pi05": "PI05"}[family]
    m = module(family)
    configuration = importlib.import_module(f"lerobot.policies.{family}.configuration_{family}")
    return getattr(configuration, name + "Config"), getattr(m, name + "Policy"), getattr(m, name + "Pytorch")


def config(family, sizes=None, cameras=CAMERAS, **settings):
    """As for LIBERO: three cameras, state 8, action 7."""
    from lerobot.configs import FeatureType, PolicyFeature
    s = dict(image=224, S=8, A=7, maxa=32, maxs=32, H=10, toklen={"pi0": 48, "pi05": 200}[family]) | (sizes or {})
    visual = PolicyFeature(type=FeatureType.VISUAL, shape=(3, s["image"], s["image"]))
    return classes(family)[0](
        input_features={f"observation.images.{c}": visual for c in cameras}
        | {"observation.state": PolicyFeature(type=FeatureType.STATE, shape=(s["S"],))},
        output_features={"action": PolicyFeature(type=FeatureType.ACTION, shape=(s["A"],))},
        device="cpu", image_resolution=(s["image"], s["image"]), chunk_size=s["H"], n_action_steps=s["H"],
        max_action_dim=s["maxa"], max_state_dim=s["maxs"], tokenizer_max_length=s["toklen"], **settings)


@contextlib.contextmanager
def sized(family, sizes):
    """Inside, LeRobot's constructors make models of these sizes: those that they write into their configurations are
    replaced right before the networks are made from them. None leaves the published sizes."""
    if sizes is None:
        yield
        return
    m = module(family)
    names = ("get_gemma_config", "PaliGemmaForConditionalGenerationWithPiGemma", "PiGemmaForCausalLM")
    before = [getattr(m, name) for name in names]
    _, vlm, causal = before

    def gemma(variant):
        wide = variant == "gemma_2b"
        return m.GemmaConfig(width=sizes["width" if wide else "ex_width"], depth=sizes["depth"],
                             mlp_dim=sizes["mlp" if wide else "ex_mlp"], num_heads=sizes["heads"],
                             num_kv_heads=sizes["kv"], head_dim=sizes["head_dim"])

    def make_vlm(config):
        config._vocab_size = config.image_token_index = config.text_config.vocab_size = sizes["vocab"]
        config.image_token_id = sizes["vocab"]
        v = config.vision_config
        v.hidden_size, v.num_hidden_layers, v.num_attention_heads = sizes["vis_width"], sizes["vis_depth"], sizes["vis_heads"]
        v.intermediate_size, v.patch_size = sizes["vis_mlp"], sizes["patch"]
        v.projection_dim = config.projection_dim = sizes["width"]
        config.text_config.pad_token_id = 0
        return vlm(config=config)

    def make_expert(config):
        config.vocab_size, config.pad_token_id = sizes["vocab"], 0
        return causal(config=config)

    for name, value in zip(names, (gemma, make_vlm, make_expert)):
        setattr(m, name, value)
    try:
        yield
    finally:
        for name, value in zip(names, before):
            setattr(m, name, value)


def core(family, configuration, sizes=None):
    """The network without the policy around it."""
    if sizes:
        allow_heads(family, sizes["heads"])
    with sized(family, sizes):
        return classes(family)[2](configuration)


def allow_heads(family, heads):
    """The joint layer has its 8 heads as a number in the code, for all models of the family."""
    layer = module(family).compute_layer_complete
    layer.__code__ = layer.__code__.replace(co_consts=tuple(heads if c == 8 else c for c in layer.__code__.co_consts))


def randomise(model, generator):
    """Matrices keep the scale of their input; vectors lie about what they would be before training."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            matrix = p.ndim > 1 and "embed" not in name.replace("patch_embedding", "")
            spread = (p.shape[0] / p.numel()) ** 0.5 if matrix else 0.1
            mean = 1.0 if "vision_tower" in name and p.ndim == 1 and "norm" in name and name.endswith("weight") else 0.0
            p.copy_(torch.randn(p.shape, generator=generator) * spread + mean)
        # Tied in every published checkpoint.
        model.paligemma_with_expert.paligemma.lm_head.weight.copy_(
            model.paligemma_with_expert.paligemma.model.language_model.embed_tokens.weight)
