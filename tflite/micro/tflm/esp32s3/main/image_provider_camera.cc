// Pictures from an ESP32's camera: 320 x 240 pixels of 16 bits, brought to BGR in PSRAM.

#include <cstdint>

#include "camera_board.h"
#include "esp_attr.h"
#include "esp_camera.h"
#include "esp_log.h"
#include "image_provider.h"
#include "rgb565.h"

namespace {

constexpr char kTag[] = "camera";
constexpr int kWidth = 320;
constexpr int kHeight = 240;
constexpr std::size_t kPixels = kWidth * kHeight;
constexpr int kClockFrequency = 20000000;  // Hz, that of the sensors' drivers

EXT_RAM_BSS_ATTR std::uint8_t bgr[3 * kPixels];

camera_config_t Configuration() {
  camera_config_t config = {};
  config.pin_pwdn = kPinPowerDown;
  config.pin_reset = kPinReset;
  config.pin_xclk = kPinClock;
  config.pin_sccb_sda = kPinSccbData;
  config.pin_sccb_scl = kPinSccbClock;
  config.pin_d0 = kPinData[0];
  config.pin_d1 = kPinData[1];
  config.pin_d2 = kPinData[2];
  config.pin_d3 = kPinData[3];
  config.pin_d4 = kPinData[4];
  config.pin_d5 = kPinData[5];
  config.pin_d6 = kPinData[6];
  config.pin_d7 = kPinData[7];
  config.pin_vsync = kPinVerticalSync;
  config.pin_href = kPinHorizontalReference;
  config.pin_pclk = kPinPixelClock;
  config.xclk_freq_hz = kClockFrequency;
  config.ledc_timer = LEDC_TIMER_0;
  config.ledc_channel = LEDC_CHANNEL_0;
  config.pixel_format = PIXFORMAT_RGB565;
  config.frame_size = FRAMESIZE_QVGA;
  config.fb_count = 2;
  config.fb_location = CAMERA_FB_IN_PSRAM;
  config.grab_mode = CAMERA_GRAB_LATEST;
  return config;
}

}  // namespace

bool StartImageProvider(int, char**) {
  const camera_config_t config = Configuration();
  const esp_err_t error = esp_camera_init(&config);
  if (error != ESP_OK) {
    ESP_LOGE(kTag, "no camera answers (%s); check its cable and camera_board.h", esp_err_to_name(error));
    return false;
  }
  sensor_t* sensor = esp_camera_sensor_get();
  if (sensor == nullptr || sensor->set_vflip(sensor, kUpsideDown ? 1 : 0) != 0) {
    ESP_LOGE(kTag, "the sensor cannot turn its picture; look at kUpsideDown in camera_board.h");
    return false;
  }
  return true;
}

ImageStatus NextImage(FaceImage* image) {
  camera_fb_t* frame = esp_camera_fb_get();
  if (frame == nullptr) {
    ESP_LOGE(kTag, "the camera gives no frame; check its cable");
    return ImageStatus::kFailed;
  }
  const bool expected = frame->format == PIXFORMAT_RGB565 && frame->width == kWidth && frame->height == kHeight &&
                        frame->len >= 2 * kPixels;
  if (expected) {
    rgb565_to_bgr(frame->buf, kPixels, bgr);
  } else {
    ESP_LOGE(kTag, "a frame of %u x %u pixels in format %d came", static_cast<unsigned>(frame->width),
             static_cast<unsigned>(frame->height), static_cast<int>(frame->format));
  }
  esp_camera_fb_return(frame);
  if (!expected) {
    return ImageStatus::kFailed;
  }
  *image = {bgr, kWidth, kHeight, 3 * kWidth};
  return ImageStatus::kReady;
}
