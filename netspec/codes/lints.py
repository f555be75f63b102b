"""N5: what is written is allowed, but does not do what it seems to do. These are warnings."""

from __future__ import annotations

from netspec.codes.code import Code
from netspec.codes.settings import INPUT, RELU

DATA = "inputs: {data: [32, 3, 8, 8], label: [32]}\nlayers:\n"
CONV = """\
  - Convolution:
      {name: conv, bottom: data, num_output: 8, kernel_size: 3, bias_term: false,
       weight_filler: {type: msra}}
"""
NORM = "  - BatchNorm: {name: norm}\n"
SCALE = "  - Scale: {name: scale, bias_term: true}\n"
RELU_LAYER = "  - ReLU: {name: relu}\n"
FC = "  - InnerProduct: {name: fc, num_output: 10, weight_filler: {type: xavier}}\n"
TRAINED = "  - SoftmaxWithLoss: {name: loss, bottom: [fc, label], include: {phase: TRAIN}}\n"
USED = "  - Softmax: {name: prob, bottom: fc, include: {phase: TEST}}\n"
END = FC + TRAINED + USED
HALF = """\
  - Convolution: {name: conv2, num_output: 8, kernel_size: 3, weight_filler: {type: msra}}
"""
NORMALISED = CONV + NORM + SCALE + RELU_LAYER
BATCHES = (
    """\
layers:
  - DummyData: {name: rows, top: [data, label], shape: [{dim: [BATCH, 3, 8, 8]}, {dim: BATCH}]}
"""
    + NORMALISED
    + END
)
SOLVER = """\
net_param {
  layer {
    name: "rows" type: "DummyData" top: "data" top: "label"
    dummy_data_param { shape { dim: BATCH dim: 4 } shape { dim: BATCH } }
  }
  layer {
    name: "fc1" type: "InnerProduct" bottom: "data" top: "fc1"
    inner_product_param { num_output: 5 bias_term: false weight_filler { type: "FILLER" } }
  }
  layer { name: "norm" type: "BatchNorm" bottom: "fc1" top: "norm" }
  layer {
    name: "fc2" type: "InnerProduct" bottom: "norm" top: "fc2"
    inner_product_param { num_output: 3 weight_filler { type: "FILLER" } }
  }
  layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc2" bottom: "label" top: "loss" }
}
iter_size: 4
base_lr: 0.1
lr_policy: "step"
gamma: 0.1
stepsize: STEP
max_iter: 100
"""


def solver(batch: int = 32, filler: str = "xavier", step: int = 50) -> str:
    return SOLVER.replace("BATCH", f"{batch}").replace("FILLER", filler).replace("STEP", f"{step}")


READING = """\
from pathlib import Path

from PIL import Image

from netspec import SpecError
from netspec.check import check_file

Image.new("RGB", (8, 8)).save("image.png")
Path("list.txt").write_text("".join(f"image.png {i % CLASSES}\\n" for i in range(9)))
Path("net.yaml").write_text('''
layers:
  - ImageData:
      {name: images, top: [data, label], source: list.txt, batch_size: 3, new_height: 8,
       new_width: 8}
  - InnerProduct: {name: fc, bottom: data, num_output: 3, weight_filler: {type: xavier}}
  - SoftmaxWithLoss: {name: loss, bottom: [fc, label]}
''')
Path("solver.prototxt").write_text('''
net: "net.yaml"
test_iter: TESTS
test_interval: 10
base_lr: 0.1
lr_policy: "fixed"
max_iter: 100
''')
found = check_file("solver.prototxt").diagnostics
if found:
    raise SpecError(found)
"""


def reading(classes: int = 3, tests: int = 3) -> str:
    return READING.replace("CLASSES", f"{classes}").replace("TESTS", f"{tests}")


CODES: tuple[Code, ...] = (
    Code(
        "N501",
        "a setting that changes nothing",
        "Caffe reads the setting and never looks at it: it belongs to layers of another type, "
        "or stands in a place that older versions of Caffe used. The net is built without it, "
        "and what it was meant to do is not done.",
        wrong=INPUT + RELU.replace("}\n", "  pooling_param { kernel_size: 2 }\n}\n"),
        right=INPUT + RELU.replace("}\n", "  relu_param { negative_slope: 0.1 }\n}\n"),
    ),
    Code(
        "N502",
        "a field that only a fork repeats",
        "A fork of Caffe takes several values in the field, as a list of GPUs to train on, and "
        "BVLC's Caffe refuses the file. Here the last one counts.",
        wrong=solver() + "device_id: 0\ndevice_id: 1\n",
        right=solver() + "device_id: 0\n",
        language="solver",
    ),
    Code(
        "N510",
        "an activation reads what is normalised and not scaled",
        "Normalised to mean 0 and variance 1, an activation's inputs can no longer be what "
        "the layer would have them be: a sigmoid is kept in its straight part, and a ReLU "
        "drops one half, always. The scale and bias that are learned after normalising belong "
        "to batch normalisation (arXiv 1502.03167, section 3); in Caffe they are a layer of "
        "their own.",
        wrong=DATA + CONV + NORM + RELU_LAYER + END,
        right=DATA + NORMALISED + END,
        language="yaml",
    ),
    Code(
        "N511",
        "a scale without a bias after normalising",
        "Normalising takes away every bias that the layers before it add. Scale adds one only "
        "where bias_term is true, which it is not when nothing is said.",
        wrong=DATA + CONV + NORM + "  - Scale: {name: scale}\n" + RELU_LAYER + END,
        right=DATA + NORMALISED + END,
        language="yaml",
    ),
    Code(
        "N512",
        "normalised after the activation",
        "Batch normalisation stands between the filters and the activation, where its inputs "
        "are most likely to be spread symmetrically (arXiv 1502.03167, section 3.2). This is "
        "said where most of the net does so and one layer does not; a net that always "
        "normalises after the activation means it.",
        wrong=DATA
        + NORMALISED
        + HALF.replace("msra}", "msra}, bias_term: false")
        + NORM.replace("norm", "norm2")
        + SCALE.replace("scale", "scale2", 1)
        + RELU_LAYER.replace("relu", "relu2")
        + HALF.replace("conv2", "conv3").replace("kernel_size: 3", "kernel_size: 1")
        + RELU_LAYER.replace("relu", "relu3")
        + NORM.replace("norm", "norm3")
        + SCALE.replace("scale", "scale3", 1)
        + END,
        right=DATA + NORMALISED + END,
        language="yaml",
    ),
    Code(
        "N513",
        "normalised by the batch in use",
        "With use_global_stats: false a net normalises by the statistics of whatever batch it "
        "is given, in TEST too: what it says of an image depends on the images beside it, and "
        "of one image alone it says something else. Caffe chooses by the phase where the "
        "setting is not written.",
        wrong=DATA
        + CONV
        + "  - BatchNorm: {name: norm, use_global_stats: false}\n"
        + SCALE
        + RELU_LAYER
        + END,
        right=DATA + NORMALISED + END,
        language="yaml",
    ),
    Code(
        "N514",
        "a bias that normalising cancels",
        "What is the same for all of a channel is subtracted again with the channel's mean: "
        "the bias changes nothing, its gradient is zero, and it costs memory and time. In a "
        "net that is only used, with weights from elsewhere, nothing is said: there it may "
        "count.",
        wrong=DATA + CONV.replace("bias_term: false,", "") + NORM + SCALE + RELU_LAYER + END,
        right=DATA + NORMALISED + END,
        language="yaml",
    ),
    Code(
        "N515",
        "Dropout before a normalisation",
        "In training Dropout changes the variance of what it passes on, and the moving "
        "averages learn that variance; in use nothing is dropped, and the averages are wrong "
        "(Li et al. 2018, arXiv 1801.05134). After the last normalisation it does no harm.",
        wrong=DATA
        + NORMALISED
        + "  - Dropout: {name: drop, dropout_ratio: 0.5}\n"
        + HALF.replace("msra}", "msra}, bias_term: false")
        + NORM.replace("norm", "norm2")
        + SCALE.replace("scale", "scale2", 1)
        + RELU_LAYER.replace("relu", "relu2")
        + END,
        right=DATA + NORMALISED + "  - Dropout: {name: drop, dropout_ratio: 0.5}\n" + END,
        language="yaml",
    ),
    Code(
        "N516",
        "iter_size with batch normalisation",
        "iter_size sums the gradients of several batches for one update, as if they had been "
        "one; each is still normalised by itself. Statistics of few items are noisy, and "
        "adding up gradients does not make them better. Nothing is said from 16 items on.",
        wrong=solver(batch=4),
        right=solver(batch=32),
        language="solver",
    ),
    Code(
        "N517",
        "normalised by the statistics of one or two items",
        "The mean and variance of one or two items are noise, and in use the moving averages "
        "are something else: with 2 images on each device ResNet-50 loses ten points against "
        "32 (Wu & He 2018, arXiv 1803.08494, figure 1).",
        wrong=BATCHES.replace("BATCH", "2"),
        right=BATCHES.replace("BATCH", "16"),
        language="yaml",
    ),
    Code(
        "N518",
        "two layers in a row that start at zero",
        "Without weight_filler, weights start at 0. The gradient of each of the two is "
        "multiplied by the weights of the other, so both stay 0 for ever. Nothing is said "
        "where most layers have no filler: then weights are loaded.",
        wrong=DATA
        + NORMALISED
        + HALF
        + FC.replace("fc", "fc1").replace(", weight_filler: {type: xavier}", "")
        + FC.replace(", weight_filler: {type: xavier}", "")
        + TRAINED
        + USED,
        right=DATA
        + NORMALISED
        + HALF
        + FC.replace("fc", "fc1")
        + FC.replace(", weight_filler: {type: xavier}", "")
        + TRAINED
        + USED,
        language="yaml",
    ),
    Code(
        "N519",
        "a loss that is always the same",
        "The softmax of a single class is 1 whatever its score, so the loss is 0 and its "
        "gradient, too; of a blob without elements there is no loss at all.",
        wrong=DATA + CONV + END.replace("num_output: 10", "num_output: 1"),
        right=DATA + CONV + END.replace("num_output: 10", "num_output: 2"),
        language="yaml",
    ),
    Code(
        "N520",
        "a layer that leads to no loss",
        "A net that is trained computes the layer in each iteration, and no gradient ever "
        "reaches it. Often a bottom names the blob of another layer than was meant. Where it "
        "is wanted, Silence reads it.",
        wrong=DATA
        + CONV
        + HALF.replace("name: conv2,", "name: side, bottom: data,")
        + END.replace("name: fc,", "name: fc, bottom: conv,"),
        right=DATA + CONV + END,
        language="yaml",
    ),
    Code(
        "N521",
        "a top that Caffe's gradient needs is overwritten",
        "Caffe works out the gradient of Sigmoid, TanH, Softmax, LRN and some others from "
        "what they have made. Where the next layer works in place that is gone, and Caffe's "
        "gradient is wrong without a word; so are those of Power, Log, BNLL, Clip and MVN where "
        "they work in place themselves. Here it is right; but the file then trains "
        "differently in Caffe.",
        wrong=DATA
        + CONV
        + "  - Sigmoid: {name: bend, top: bend}\n"
        + "  - Dropout: {name: drop, bottom: bend, top: bend}\n"
        + END,
        right=DATA
        + CONV
        + "  - Sigmoid: {name: bend, top: bend}\n"
        + "  - Dropout: {name: drop, bottom: bend, top: drop}\n"
        + END,
        language="yaml",
    ),
    Code(
        "N522",
        "parameters that the trained net does not have",
        "Weights go from the net that is trained to the one that is tested or deployed by the "
        "names of their layers. A layer that is called otherwise there keeps what its filler "
        "gave it, without a word from Caffe.",
        wrong=DATA
        + CONV
        + FC.replace("name: fc", "name: score, top: fc").replace(
            "}}", "}, include: {phase: TRAIN}}"
        )
        + FC.replace("name: fc", "name: fc, bottom: conv").replace(
            "}}", "}, include: {phase: TEST}}"
        )
        + TRAINED
        + USED,
        right=DATA + CONV + END,
        language="yaml",
    ),
    Code(
        "N523",
        "the softmax of a softmax",
        "SoftmaxWithLoss takes scores and makes its own softmax. Given probabilities, it "
        "squeezes them together: of ten classes the best then has at most a fifth, gradients "
        "are tiny, and the net learns slowly or not at all.",
        wrong=DATA
        + CONV
        + FC
        + "  - Softmax: {name: prob}\n"
        + TRAINED.replace("[fc", "[prob").replace(", include: {phase: TRAIN}", ""),
        right=DATA + CONV + END,
        language="yaml",
    ),
    Code(
        "N524",
        "groups of one filter that reads several channels",
        "With as many groups as filters, and more channels than groups, each filter reads "
        "channels that no other filter reads: it is neither a depthwise convolution, which "
        "costs less, nor a grouped one, whose filters share what they read.",
        wrong=DATA + NORMALISED + HALF.replace("num_output: 8", "num_output: 4, group: 4") + END,
        right=DATA + NORMALISED + HALF.replace("num_output: 8", "num_output: 8, group: 2") + END,
        language="yaml",
    ),
    Code(
        "N525",
        "a window that steps over positions",
        "With a stride larger than its window a layer never reads what lies between. A 1x1 "
        "window is left alone: a shortcut with a stride means to do so.",
        wrong=DATA
        + NORMALISED
        + "  - Pooling: {name: pool, pool: MAX, kernel_size: 2, stride: 3}\n"
        + END,
        right=DATA
        + NORMALISED
        + "  - Pooling: {name: pool, pool: MAX, kernel_size: 2, stride: 2}\n"
        + END,
        language="yaml",
    ),
    Code(
        "N526",
        "an even window, padded, with a stride of 1",
        "An even window has no middle: padded on both sides it makes one position more, or "
        "less, than there were, each half a position away from where it was. Layers that add "
        "or join such blobs then do not fit, or do not lie over one another.",
        wrong=DATA + CONV.replace("kernel_size: 3", "kernel_size: 4, pad: 2") + END,
        right=DATA + CONV.replace("kernel_size: 3", "kernel_size: 3, pad: 1") + END,
        language="yaml",
    ),
    Code(
        "N527",
        "labels that are no class of the net",
        "A label counts from 0 and is less than the number of scores. Caffe reads beyond the "
        "blob where it is not, or stops in the midst of training. The labels of a list are "
        "all looked at, those of a database at 200 places.",
        wrong=reading(classes=5),
        right=reading(classes=3),
        language="python",
    ),
    Code(
        "N530",
        "nothing learns",
        "lr_mult is 0 for every parameter of the net that is trained. It is meant for layers "
        "that are kept as they were loaded, and at least one has to be left.",
        wrong=DATA
        + FC.replace("name: fc", "name: fc, bottom: data, param: [{lr_mult: 0}, {lr_mult: 0}]")
        + TRAINED
        + USED,
        right=DATA
        + FC.replace("name: fc", "name: fc, bottom: data, param: [{lr_mult: 1}, {lr_mult: 0}]")
        + TRAINED
        + USED,
        language="yaml",
    ),
    Code(
        "N531",
        "every weight starts at zero",
        "A weight without filler starts at 0. Where all of them do, none but the last bias "
        "ever has a gradient, and the net learns how often each class comes. Where weights "
        "are loaded by --weights nothing is wrong: name them in the solver, or silence this.",
        wrong=solver(filler="constant"),
        right=solver(),
        language="solver",
    ),
    Code(
        "N532",
        "a test that is not one pass over the data",
        "test_iter batches are tested, however many items there are. Fewer than the data has "
        "leave some out, and the next test goes on with those; more test some twice. Numbers "
        "are then not those of the test set, nor the same from test to test.",
        wrong=reading(tests=2),
        right=reading(tests=3),
        language="python",
    ),
    Code(
        "N533",
        "a rate that is never lowered",
        "The first step of the learning rate would come when training has ended. Mostly "
        "stepsize was meant to be smaller, or comes from a solver with a larger max_iter.",
        wrong=solver(step=100),
        right=solver(step=50),
        language="solver",
    ),
    Code(
        "N559",
        "a comment that ignores nothing",
        "A comment such as `# netspec: ignore N514` silences a warning. Where no such warning "
        "is left it would hide the next one: remove it.",
        wrong=DATA + CONV.replace("  - Conv", "  # netspec: ignore N514\n  - Conv") + END,
        right=DATA
        + "  # netspec: ignore N514: as it was published\n"
        + CONV.replace("bias_term: false,", "")
        + NORM
        + SCALE
        + END,
        language="yaml",
    ),
)
