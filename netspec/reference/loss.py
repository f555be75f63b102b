"""Losses and accuracies."""

from __future__ import annotations

from netspec.reference.row import Row

ROWS = {
    "SoftmaxWithLoss": (
        Row(
            "VALID, the default, divides by the labels that count, and by 1 where none does: 0",
            "mean over them: NaN where none does",
            "layers/softmax_loss_layer.cpp:59",
            "softmaxloss-valid-ignore",
        ),
        Row(
            "BATCH_SIZE divides by the images, FULL by all positions, NONE by 1; normalize: false "
            "is BATCH_SIZE",
            "mean or sum",
            "layers/softmax_loss_layer.cpp:28",
            "softmaxloss-batch_size-ignore",
        ),
        Row(
            "a probability counts as 1.2e-38 at least: the loss ends at 87.3365, its gradient "
            "does not",
            "grows on",
            "layers/softmax_loss_layer.cpp:106",
            "test_layers.py::test_the_loss_stops_at_87_but_its_gradient_does_not",
        ),
    ),
    "SigmoidCrossEntropyLoss": (
        Row(
            "divides by the batch size",
            "by the number of elements",
            "layers/sigmoid_cross_entropy_loss_layer.cpp:24",
            "sigmoidce-batch_size",
        ),
    ),
    "EuclideanLoss": (
        Row(
            "half the sum of squares, by the batch size",
            "MSELoss: no half, by the number of elements",
            "layers/euclidean_loss_layer.cpp:26",
            "euclidean",
        ),
    ),
    "HingeLoss": (
        Row(
            "each class against 0, L1 or L2, by the batch size",
            "MultiMarginLoss: each class against the true one",
            "layers/hinge_loss_layer.cpp:19",
            "hinge-l1",
        ),
    ),
    "ContrastiveLoss": (
        Row(
            "max(margin - d, 0)², or with legacy_version max(margin - d², 0); by twice the batch",
            "none of this form",
            "layers/contrastive_loss_layer.cpp:41",
            "contrastive-legacy",
        ),
    ),
    "MultinomialLogisticLoss": (
        Row(
            "takes probabilities, and counts them as 1e-20 at least",
            "NLLLoss takes their logarithms",
            "layers/multinomial_logistic_loss_layer.cpp:27",
            "multinomial",
        ),
    ),
    "InfogainLoss": (
        Row(
            "takes scores, and weighs every class by a row of H",
            "cross_entropy's weight has a number a class",
            "layers/infogain_loss_layer.cpp:152",
            "infogain",
        ),
    ),
    "Accuracy": (
        Row(
            "a class that ties with the true one counts against it: equal scores are wrong answers",
            "topk: in whatever order",
            "layers/accuracy_layer.cpp:70",
            "accuracy-ties",
        ),
    ),
    "SmoothL1Loss": (
        Row(
            "is square where |x| < 1 / sigma²",
            "beta, which is 1 / sigma²",
            "smooth_L1_loss_layer.cpp of rbgirshick/caffe-fast-rcnn",
            "test_region_losses.py::test_smooth_l1_loss",
        ),
    ),
}
