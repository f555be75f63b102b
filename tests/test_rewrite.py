"""Rewrites: the file says what was meant and keeps the rest; the net computes what it should."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from rewriting import GOOGLENET, ROOT, SMALL, TEST, TRAIN, opened, rewritten

import compiler
import netspec
from compiler.weights.rewritten import carry_weights
from netspec.language.read import read
from netspec.rewrite import REWRITES
from netspec.rewrite.advise import advise, figures
from netspec.rewrite.write import Spec, rewrite
from tools.__main__ import main

ZOO = ("googlenet", "inception-v3", "vgg", "alexnet", "lenet", "bn-inception")


HEADS = "".join(
    f"""\
  - InnerProduct: {{name: aux{i}, bottom: {blob}, num_output: 8, weight_filler: {{type: xavier}}}}
  - ReLU: {{name: aux{i}/relu}}
  - InnerProduct: {{name: aux{i}/fc, num_output: 5, weight_filler: {{type: xavier}}}}
  - SoftmaxWithLoss:
      {{name: aux{i}/loss, bottom: [aux{i}/fc, label], loss_weight: 0.3, include: {{phase: TRAIN}}}}
"""
    for i, blob in ((1, "pool"), (2, "wide/relu"))
)


@pytest.mark.parametrize("folder", ZOO)
@pytest.mark.parametrize("code", REWRITES)
def test_every_rewrite_of_the_zoo_says_what_was_meant(folder: str, code: str) -> None:
    """`rewrite` compares what it wrote with what it meant, in both phases."""
    (path,) = (ROOT / "specs" / folder).glob("*.yaml")
    spec = Spec.open(read(path))
    for state in (TRAIN, TEST):
        found = list(REWRITES[code].propose(spec.graph(state)))
        for some in (found, found[:1]):
            if some:
                new = rewrite(spec, [e for p in some for e in p.edits], [TRAIN, TEST])
                assert new.text != spec.source.text


@pytest.mark.parametrize("code", REWRITES)
def test_the_small_net_is_rewritten_and_learns(code: str) -> None:
    spec = opened(SMALL + HEADS if code == "A142" else SMALL)
    state = TEST if code == "A151" else TRAIN
    new = opened(rewritten(spec, code, state).text)
    net = compiler.compile(new.graph(TRAIN))
    draw = torch.Generator().manual_seed(1)
    data = torch.randn(8, 3, 20, 20, generator=draw)
    label = torch.arange(8) % 5
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        out = net(data=data, label=label)
        loss = sum(w * out[blob] for blob, w in net.spec.loss_weights.items())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert min(losses[-5:]) < losses[0]


ONCE = ("A102", "A103", "A120", "A140", "A141", "A150", "A151", "A155")


@pytest.mark.parametrize("code", ONCE)
def test_what_was_rewritten_is_not_offered_again(code: str) -> None:
    spec = opened(SMALL)
    state = TEST if code == "A151" else TRAIN
    new = opened(rewritten(spec, code, state).text)
    before = {p.node.name for p in REWRITES[code].propose(spec.graph(state)) if p.offered}
    after = {p.node.name for p in REWRITES[code].propose(new.graph(state)) if p.offered}
    assert not before & after


@pytest.mark.parametrize("code", ["A150", "A151", "A155"])
@pytest.mark.parametrize(("whole", "factor"), [(True, 1.5), (False, 1.5), (True, 0.0)])
def test_the_same_function_is_the_same(code: str, whole: bool, factor: float) -> None:
    """Both nets run, the new one on weights made of the old one's.

    The `factor` that a BatchNorm's statistics are divided by is 0 before any training.
    """
    spec = opened(SMALL)
    proposals = list(REWRITES[code].propose(spec.graph(TEST)))[: None if whole else 1]
    new = opened(rewrite(spec, [e for p in proposals for e in p.edits], [TRAIN, TEST]).text)
    old_net = compiler.compile(spec.graph(TEST), keep=["score"])
    new_net = compiler.compile(new.graph(TEST), keep=["score"])
    draw = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, blobs in compiler.blobs(old_net).items():
            for blob in blobs:
                blob.copy_(torch.rand(blob.shape, generator=draw) * 0.5 + (name == "bn"))
        compiler.blobs(old_net)["bn"][2].fill_(factor)
    carry_weights(old_net, new_net, [r for p in proposals for r in p.weights or ()])
    inputs = {
        k: torch.randn(v, generator=draw) if k == "data" else torch.zeros(v)
        for k, v in spec.graph(TEST).inputs.items()
    }
    want, got = old_net(**inputs)["score"], new_net(**inputs)["score"]
    torch.testing.assert_close(got, want, rtol=2e-4, atol=2e-4 * want.abs().max().item())


def test_new_layers_have_no_weights_to_carry() -> None:
    spec = opened(SMALL)
    new = opened(rewritten(spec, "A140:block/b2").text)
    nets = [compiler.compile(each.graph(TEST)) for each in (spec, new)]
    with pytest.raises(ValueError, match="has to be trained"):
        carry_weights(*nets, [])


def test_what_the_paper_would_advise() -> None:
    """Of GoogLeNet what it changed, and nothing of that of Inception-v3, which came of it."""
    paper = {"A102", "A140", "A141", "A142"}
    _, old = advise(opened(GOOGLENET), TRAIN)
    assert paper <= {advice.code for advice in old}
    (path,) = (ROOT / "specs" / "inception-v3").glob("*.yaml")
    _, new = advise(Spec.open(read(path)), TRAIN)
    assert not paper & {advice.code for advice in new}


def test_figures_are_those_of_the_rewritten_net() -> None:
    spec = opened(GOOGLENET)
    now, found = advise(spec, TRAIN)
    assert now == figures(spec.graph(TRAIN))
    for advice in found:
        if advice.after is not None:
            assert advice.after == figures(opened(rewritten(spec, advice.code).text).graph(TRAIN))
    stacks = next(advice for advice in found if advice.code == "A140")
    saved = sum(place.now.macs - place.after.macs for place in stacks.places)
    assert stacks.after is not None
    assert now.macs - stacks.after.macs == saved > 0


def test_a_wider_coarser_grid_costs_a_quarter_of_its_filters() -> None:
    """Half of the filters on a quarter of the grid: the rest is pooled, and has the same shape."""
    text = """\
inputs: {data: [1, 128, 16, 16]}
layers:
  - Convolution: {name: wide, num_output: 256, kernel_size: 3, pad: 1}
  - ReLU: {name: relu}
  - Pooling: {name: pool, pool: MAX, kernel_size: 2, stride: 2}
"""
    old, new = opened(text).graph(TEST), opened(rewritten(opened(text), "A103").text).graph(TEST)
    assert new.blob_shapes["pool"] == old.blob_shapes["pool"] == (1, 256, 8, 8)
    assert figures(new).macs == figures(old).macs / 8


def test_the_papers_savings() -> None:
    """Two 3x3 for a 5x5 cost 18/25 at equal width, 1 x 3 and 3 x 1 two thirds of 3 x 3."""
    for code, kernel, share in (("A140", 5, 18 / 25), ("A143", 3, 2 / 3), ("A143", 7, 2 / 7)):
        layer = (
            f"Convolution: {{name: c, num_output: 8, kernel_size: {kernel}, pad: {kernel // 2}}}"
        )
        spec = opened(f"inputs: {{data: [1, 8, 16, 16]}}\nlayers:\n  - {layer}\n")
        new = opened(rewritten(spec, code).text)
        assert figures(new.graph(TEST)).macs == share * figures(spec.graph(TEST)).macs


REFUSED = [
    ("A999", "there is no rewrite A999"),
    ("A140:stem", "A140 does not apply to a layer stem"),
    ("a150:nowhere", "A150 does not apply to a layer nowhere"),
    ("A142", "A142 applies to no layer of the net in TRAIN"),
]


@pytest.mark.parametrize(("asked", "said"), REFUSED, ids=[asked for asked, _ in REFUSED])
def test_refused(asked: str, said: str) -> None:
    with pytest.raises(netspec.SpecError, match=said) as refused:
        rewritten(opened(SMALL), asked)
    assert [d.code for d in refused.value.diagnostics] == ["A250"]


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(SMALL, encoding="utf-8")
    assert main(["advise", str(old)]) == 0
    said = capsys.readouterr().out
    assert "A140" in said
    assert max(len(line) for line in said.splitlines() if str(tmp_path) not in line) <= 80
    weights, carried = tmp_path / "old.caffemodel", tmp_path / "new.caffemodel"
    net = compiler.compile(netspec.load(old))
    compiler.save_weights(net, weights)
    words = ["rewrite", str(old), "--phase", "TEST", "--apply", "A155", "--apply", "A151"]
    words += ["-o", str(new), "--weights", str(weights), "--to", str(carried)]
    assert main(words) == 0
    assert "MACs/item" in capsys.readouterr().out
    compiler.load_weights(compiler.compile(netspec.load(new)), carried)
    assert main(words) == 1  # they are there already
    changing = ["rewrite", str(old), "--apply", "A140", "--force", *words[-6:]]
    before = new.read_text(encoding="utf-8")
    assert main(changing) == 1
    assert "A250" in capsys.readouterr().err
    assert new.read_text(encoding="utf-8") == before
    assert main(["rewrite", str(old), "--apply", "A140"]) == 0
    assert capsys.readouterr().out.startswith(f"--- {old}")
