"""Layers as people write them for pycaffe: a loss, one that cuts, one that learns, a source."""

import caffe  # the stand-in, while netspec imports this file
import numpy as np


class Euclidean(caffe.Layer):
    def setup(self, bottom, top):
        if len(bottom) != 2:
            raise Exception("two bottoms are needed")

    def reshape(self, bottom, top):
        if bottom[0].count != bottom[1].count:
            raise Exception("the bottoms need as many elements")
        self.difference = np.zeros_like(bottom[0].data, dtype=np.float32)
        top[0].reshape(1)

    def forward(self, bottom, top):
        self.difference[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = np.sum(self.difference**2) / bottom[0].num / 2.0

    def backward(self, top, propagate_down, bottom):
        for i, sign in enumerate((1, -1)):
            if propagate_down[i]:
                bottom[i].diff[...] = sign * self.difference * top[0].diff[0] / bottom[i].num


class Cut(caffe.Layer):
    """Two halves of the channels, the second turned to rows; param_str gives the first's size."""

    def setup(self, bottom, top):
        self.size = int(self.param_str)

    def reshape(self, bottom, top):
        b = bottom[0]
        top[0].reshape(b.num, self.size, b.height, b.width)
        top[1].reshape(b.num, (b.channels - self.size) * b.height * b.width)

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data[:, : self.size]
        top[1].data[...] = bottom[0].data[:, self.size :].reshape(top[1].shape)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff[:, : self.size] = top[0].diff
            rest = bottom[0].diff[:, self.size :]
            rest[...] = top[1].diff.reshape(rest.shape)


class Gain(caffe.Layer):
    """Multiply by a number that is learned, from 3; in place too."""

    def setup(self, bottom, top):
        self.blobs.add_blob(1)
        self.blobs[0].data[0] = 3

    def reshape(self, bottom, top):
        self.seen = bottom[0].data.copy()
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        self.seen[...] = bottom[0].data
        top[0].data[...] = self.blobs[0].data[0] * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[0] = np.sum(top[0].diff * self.seen)
        if propagate_down[0]:
            bottom[0].diff[...] = self.blobs[0].data[0] * top[0].diff


class Counter(caffe.Layer):
    """A source: the number of the batch, and the phase."""

    def setup(self, bottom, top):
        self.batch = 0
        top[0].reshape(2, 3)
        top[1].reshape()

    def reshape(self, bottom, top):
        pass

    def forward(self, bottom, top):
        self.batch += 1
        top[0].data[...] = self.batch
        top[1].data[()] = self.phase

    def backward(self, top, propagate_down, bottom):
        pass


class Clumsy(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        raise ValueError("not today")
